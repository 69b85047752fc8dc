import { createHash } from 'node:crypto';

/** Stands for a recipient where an address has no place: ids, logs, names of deliveries. */
export function recipientHash(to: string): string {
  return createHash('sha256').update(bareAddress(to).toLowerCase()).digest('hex').slice(0, 16);
}

/** `a@b.example` of `Name <a@b.example>`. */
export function bareAddress(address: string): string {
  return /<([^<>]+)>\s*$/.exec(address)?.[1] ?? address.trim();
}
