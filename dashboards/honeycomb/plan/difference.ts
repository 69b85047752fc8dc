/** One leaf that differs, e.g. `panels.duration.query.time_range`. `undefined`: not there. */
export interface DifferenceLine {
  readonly path: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Every difference of two plain values, by path. Lists of plain values are one leaf. */
export function differences(before: unknown, after: unknown, path = ''): DifferenceLine[] {
  if (isObject(before) && isObject(after)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    return keys.flatMap((key) =>
      differences(before[key], after[key], path === '' ? key : `${path}.${key}`),
    );
  }
  if (isObjectList(before) && isObjectList(after)) {
    const length = Math.max(before.length, after.length);
    return Array.from({ length }, (_, index) =>
      differences(before[index], after[index], `${path}[${index}]`),
    ).flat();
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isObjectList(value: unknown): value is Record<string, unknown>[] {
  return Array.isArray(value) && value.length > 0 && value.every(isObject);
}
