import { InvalidArgumentError } from 'commander';

/** For numeric flags. */
export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('write a whole number above 0.');
  }
  return value;
}
