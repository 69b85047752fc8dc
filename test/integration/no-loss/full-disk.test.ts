import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startMeter } from '../../support/chaos/in-process-meter.ts';
import { proxyEndpoint } from '../../support/proxy/start-proxy.ts';
import { echo } from '../../support/sandbox/behaviours/echo.ts';
import { startSandbox } from '../../support/sandbox/sandbox.ts';

/** A file system of 256 KiB; `null` where this user may not mount one. */
async function smallDisk(dir: string): Promise<string | null> {
  await mkdir(dir, { recursive: true });
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', dir], { stdio: 'ignore' });
    return dir;
  } catch {
    return null;
  }
}

let dataDir: string;
let disk: string | null;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tripmeter-full-'));
  disk = await smallDisk(join(dataDir, 'journal'));
});
afterAll(async () => {
  if (disk !== null) execFileSync('umount', [disk]);
  await rm(dataDir, { recursive: true });
});

test('a full disk holds rows back and loses none', async (context) => {
  if (disk === null) return context.skip('no right to mount a small file system here');
  const sandbox = await startSandbox({ endpoints: { a: { behaviour: echo, maxInputs: 100 } } });
  const meter = await startMeter({
    dataDir,
    endpoints: [proxyEndpoint('a', sandbox.urlOf('a'), { bodyRule: 'none' })],
  });
  const send = async () => {
    const response = await fetch(`${meter.url}/a/x`, { method: 'POST', body: '{}' });
    await response.text();
    return response.status;
  };
  try {
    expect(await send()).toBe(200);
    const { bavail, bsize } = await statfs(disk);
    const filler = join(disk, 'filler');
    await writeFile(filler, Buffer.alloc(bavail * bsize));
    let sent = 1;
    while (meter.journal.health().ok && sent < 200) {
      expect(await send()).toBe(200);
      sent += 1;
    }
    expect(meter.journal.health().lastError).toContain('ENOSPC');
    expect(await send()).toBe(200);
    await rm(filler);
    expect(await send()).toBe(200);
    const rows = await meter.rows(sent + 2);
    expect(rows).toHaveLength(sent + 2);
    expect(rows.every(({ outcome }) => outcome === 'ok')).toBe(true);
    expect(meter.journal.health()).toMatchObject({ ok: true, entriesAtRisk: 0 });
  } finally {
    await meter.close();
    await sandbox.close();
  }
});
