import { spawnSync } from 'node:child_process';

/**
 * The first Python that can import these modules: the one on PATH, or Debian's. `null`, with a loud line,
 * when there is none: the tests that need it are skipped, and nobody should take that for a pass.
 */
export function pythonWith(modules: readonly string[]): string | null {
  const statement = ['import sys', ...modules.map((name) => `import ${name}`)].join(';');
  const found = ['python3', '/usr/bin/python3'].find(
    (python) => spawnSync(python, ['-c', statement]).status === 0,
  );
  if (found === undefined) {
    const wanted = ['python3', ...modules].join(' + ');
    console.warn(`SKIPPED: no ${wanted} on this machine; the identity middleware was not tried.`);
  }
  return found ?? null;
}
