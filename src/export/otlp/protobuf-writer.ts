const FIRST_CAPACITY = 64 * 1_024;
const TWO_BYTE_LENGTHS = 16_384;

/**
 * Writes protobuf's wire format into one growing buffer. Lengths of messages are filled in afterwards, so
 * that nothing is measured twice.
 */
export class ProtobufWriter {
  #bytes = Buffer.allocUnsafe(FIRST_CAPACITY);
  #at = 0;

  get length(): number {
    return this.#at;
  }

  /** A copy of what was written; the writer can be used again after `clear`. */
  finish(): Buffer<ArrayBuffer> {
    return Buffer.from(this.#bytes.subarray(0, this.#at));
  }

  /** What was written, without a copy: valid until the writer is used again. */
  view(): Buffer {
    return this.#bytes.subarray(0, this.#at);
  }

  clear(): void {
    this.#at = 0;
  }

  byte(value: number): void {
    this.#ensure(1);
    this.#bytes[this.#at++] = value;
  }

  raw(bytes: Uint8Array): void {
    this.#ensure(bytes.length);
    this.#bytes.set(bytes, this.#at);
    this.#at += bytes.length;
  }

  /** A safe integer; negative ones take ten bytes, as `int64` asks. */
  varint(value: number): void {
    this.#ensure(10);
    if (value < 0) {
      this.#negativeVarint(value);
      return;
    }
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at++] = rest;
  }

  fixed32(value: number): void {
    this.#ensure(4);
    this.#at = this.#bytes.writeUInt32LE(value, this.#at);
  }

  /** `high` × 2^32 + `low`, both unsigned. */
  fixed64(high: number, low: number): void {
    this.#ensure(8);
    this.#at = this.#bytes.writeUInt32LE(low, this.#at);
    this.#at = this.#bytes.writeUInt32LE(high, this.#at);
  }

  double(value: number): void {
    this.#ensure(8);
    this.#at = this.#bytes.writeDoubleLE(value, this.#at);
  }

  /** Length and bytes of hexadecimal digits. */
  hex(digits: string): void {
    this.#ensure(1 + digits.length / 2);
    this.#bytes[this.#at++] = digits.length / 2;
    this.#at += this.#bytes.write(digits, this.#at, 'hex');
  }

  /** Length and UTF-8 bytes. */
  text(value: string): void {
    this.sizedText(value, Buffer.byteLength(value));
  }

  /** The same, for a caller that has measured the text. */
  sizedText(value: string, size: number): void {
    this.varint(size);
    this.#ensure(size);
    if (size === value.length && size < 48) this.#ascii(value);
    else this.#at += this.#bytes.write(value, this.#at, 'utf8');
  }

  /** Begins a message; give what it returns to `end`. */
  begin(): number {
    this.#ensure(2);
    this.#at += 2;
    return this.#at;
  }

  /** Puts the length before the message begun at `start`. */
  end(start: number): void {
    const size = this.#at - start;
    const bytes = size < 128 ? 1 : size < TWO_BYTE_LENGTHS ? 2 : 5;
    if (bytes !== 2) {
      this.#ensure(bytes);
      this.#bytes.copyWithin(start - 2 + varintSize(size), start, this.#at);
    }
    this.#at = start - 2;
    this.varint(size);
    this.#at += size;
  }

  /** Short strings that are all ASCII: a loop beats the call into the runtime. */
  #ascii(value: string): void {
    for (let index = 0; index < value.length; index++) {
      this.#bytes[this.#at++] = value.charCodeAt(index);
    }
  }

  #negativeVarint(value: number): void {
    let rest = BigInt.asUintN(64, BigInt(value));
    while (rest > 0x7fn) {
      this.#bytes[this.#at++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#bytes[this.#at++] = Number(rest);
  }

  #ensure(more: number): void {
    const needed = this.#at + more;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(needed, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
  }
}

/** Bytes that `varint` takes for a safe integer. */
export function varintSize(value: number): number {
  if (value < 0) return 10;
  let bytes = 1;
  for (let rest = value; rest > 0x7f; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}
