import { statfsSync } from 'node:fs';

/** What this user may still write on the volume of `dir`; `null` when the system does not tell. */
export function freeBytes(dir: string): number | null {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return null;
  }
}
