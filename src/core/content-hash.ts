const OFFSET = 0xcbf29ce484222325n;
const PRIME = 0x100000001b3n;
const MASK = 0xffffffffffffffffn;

/**
 * 16 hex digits that stand for a text (FNV-1a over its UTF-16 units, 64 bits). The same text gives the same
 * digits on every machine; it protects against nothing but accidents.
 */
export function contentHash(text: string): string {
  let hash = OFFSET;
  for (let index = 0; index < text.length; index++) {
    hash = ((hash ^ BigInt(text.charCodeAt(index))) * PRIME) & MASK;
  }
  return hash.toString(16).padStart(16, '0');
}
