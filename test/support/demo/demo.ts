import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { startApp } from '../../../src/app.ts';
import { processContext } from '../../../src/cli/process-context.ts';
import { runCli } from '../../../src/cli/program.ts';
import { loadConfigFile } from '../../../src/config/load-config-file.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { DEMO_ENDPOINTS } from '../sandbox/demo-endpoints.ts';
import { sendDemoTraffic } from '../sandbox/demo-traffic.ts';
import { startSandbox } from '../sandbox/sandbox.ts';

/**
 * `npm run demo`: a simulated Modal, the proxy in front of it, some traffic, and what was recorded. Goes on
 * serving until Ctrl-C; with `--once` it ends. Everything stays on loopback.
 */
const once = process.argv.includes('--once');
const folder = mkdtempSync(join(tmpdir(), 'tripmeter-demo-'));
const sandbox = await startSandbox({ endpoints: DEMO_ENDPOINTS });
const file = join(folder, 'tripmeter.yaml');
writeFileSync(file, stringify(demoConfig()));
const loaded = loadConfigFile({ file, env: {}, workingDir: folder });
if (!loaded.ok) throw new Error(loaded.problems);
const app = await startApp(loaded.config, loaded.source, { role: 'all', logLevel: 'warn' });
const baseUrl = app.proxyUrl ?? '';

say(`A simulated Modal and, in front of it, tripmeter at ${baseUrl}\n`);
say('Sending the traffic of a small product: JSON, streams, a 303 chain, an abort, errors …\n');
const sent = await sendDemoTraffic({ baseUrl, rounds: 2 });
say(`\n${sent.length} requests were sent. This is what was recorded:\n\n`);
await app.officeTried;
await untilRecorded(sent.length);
await ask('requests', '--limit', '40');
say('\n');
await ask('spend');
say(
  '\n~ is provisional: a container that still waits for its next request has not shown its idle time yet.\n' +
    'client_abort: Modal may work on for two minutes after its client left, so that is what it counts with.\n',
);

if (once) {
  await end();
} else {
  say(
    `\nGoing on until Ctrl-C. Try:\n  curl -s ${baseUrl}/generate -d '{"prompt":"hello","schema":{}}'\n`,
  );
  say(`  npm run -s tripmeter -- --config ${file} tail\n  curl -s ${app.adminUrl}/api/v1/status\n`);
  say(`  npm run -s tripmeter -- --config ${file} report --out /tmp/report.html\n`);
  say(`The weekly report in a browser: ${app.adminUrl}/reports\n`);
  process.once('SIGINT', () => void end());
  process.once('SIGTERM', () => void end());
}

function demoConfig(): object {
  const endpoints = Object.entries(DEMO_ENDPOINTS).map(([name, each]) => {
    const { gpu, scaledownWindowUs } = each;
    const inputs = 'maxInputs' in each ? { maxInputs: each.maxInputs } : {};
    const bodyRule = name === 'chat' ? 'openai' : 'lift-sys';
    const scaledownWindow = `${scaledownWindowUs / 1_000_000}s`;
    return [name, { upstream: sandbox.urlOf(name), gpu, scaledownWindow, bodyRule, ...inputs }];
  });
  return {
    listen: '127.0.0.1:0',
    admin: { listen: '127.0.0.1:0' },
    dataDir: './data',
    endpoints: Object.fromEntries(endpoints),
  };
}

/** The office takes requests in within moments; the demo waits for it rather than for a time. */
async function untilRecorded(count: number): Promise<void> {
  for (;;) {
    const response = await fetch(`${app.adminUrl}/api/v1/requests?state=closed&limit=1000`);
    const { requests } = (await response.json()) as { requests: unknown[] };
    if (requests.length >= count) return;
    await new Promise((next) => setTimeout(next, 100));
  }
}

async function ask(...command: string[]): Promise<void> {
  const stop = new AbortController();
  const context = processContext({ process, clock: systemClock, stop, version: 'demo' });
  await runCli(['--config', file, ...command], context);
}

async function end(): Promise<void> {
  await app.stop();
  await sandbox.close();
  rmSync(folder, { recursive: true, force: true });
}

function say(text: string): void {
  process.stdout.write(text);
}
