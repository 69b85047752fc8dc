import type { CrossProblem } from './cross-problem.ts';

/**
 * JavaScript takes `__proto__` for something else than a key: an endpoint of that name would vanish without a word.
 * @param seen What has been looked at: an alias may stand for the map that it is in.
 */
export function unusableNames(
  value: unknown,
  path: CrossProblem['path'] = [],
  seen: Set<object> = new Set(),
): CrossProblem[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return Object.entries(value).flatMap(([name, below]) => {
    const here = [...path, Array.isArray(value) ? Number(name) : name];
    return name === '__proto__'
      ? [{ path: here, message: 'cannot be a name or a key: choose another' }]
      : unusableNames(below, here, seen);
  });
}
