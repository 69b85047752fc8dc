import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * A Chromium of this machine: `$CHROMIUM`, or where distributions put it. As root of a Debian that has none it is
 * installed. `null`: there is none, and the caller says aloud what it leaves out.
 */
export function findChromium(): string | null {
  const own = process.env.CHROMIUM;
  const find = () =>
    [...(own === undefined ? [] : [own]), ...PLACES].find((path) => existsSync(path)) ?? null;
  return find() ?? (installed() ? find() : null);
}

function installed(): boolean {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return false;
  try {
    const options = { stdio: 'ignore', timeout: 240_000 } as const;
    execFileSync('apt-get', ['update', '-q'], options);
    execFileSync(
      'apt-get',
      ['install', '-q', '-y', '--no-install-recommends', 'chromium'],
      options,
    );
    return true;
  } catch {
    return false;
  }
}
