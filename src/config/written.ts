/** A map of the file as it was written: nothing is known of its values yet. */
export type Written = Readonly<Record<string, unknown>>;

/** The map that a value is, empty when it is none. */
export function mapOf(value: unknown): Written {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap ? (value as Written) : {};
}

/** The list that a value is, empty when it is none. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
