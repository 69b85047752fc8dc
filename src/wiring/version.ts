import { readFileSync } from 'node:fs';

/** Version of the installed package, from its own manifest. */
export function packageVersion(): string {
  for (const up of ['../..', '../../..']) {
    try {
      const text = readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8');
      return (JSON.parse(text) as { version: string }).version;
    } catch {
      // Built code lies one folder deeper than the sources.
    }
  }
  return 'unknown';
}
