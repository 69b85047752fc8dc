/**
 * `npm run bench -- alerts [requests] [hours]`: evaluates every rule over the roll-ups of ten million requests
 * in two years of hours, in a worker thread as the office does it, while this thread counts how long its own
 * event loop was held up.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createAlertEngine } from '../../alerts/engine.ts';
import { evaluateRules } from '../../alerts/lifecycle-evaluation.ts';
import { DEFAULT_ALERT_SETTINGS } from '../../src/core/alert-settings.ts';
import { NOTHING_WATCHED } from '../../src/core/facts.ts';
import { openLedger } from '../../src/ledger/open-ledger.ts';
import { alertStore } from '../../src/ledger/queries/alerts.ts';
import { factsSource } from '../../src/ledger/queries/facts.ts';
import { ALERT_RULES } from '../../src/wiring/alert-rules.ts';
import { type Timing, timedRounds } from '../support/bench/timed-rounds.ts';
import { writeHistory } from '../support/timeline/history-file.ts';

const UNTIL = Date.UTC(2026, 10, 24, 9, 30) * 1_000;
const ROUNDS = 21;
const GOAL_MS = 200;

interface PartTiming extends Timing {
  readonly part: string;
}

async function evaluateInThread(file: string): Promise<PartTiming[]> {
  const ledger = await openLedger({ kind: 'sqlite', file });
  const facts = factsSource(ledger.db, {
    zone: 'Europe/Berlin',
    endpoints: ['generate', 'chat', 'review'].map((name) => ({
      ...{ name, region: 'any', latencyObjectiveUs: 1_000_000 },
    })),
    alerts: DEFAULT_ALERT_SETTINGS,
    recorder: { read: async () => NOTHING_WATCHED },
  });
  const engine = createAlertEngine({
    ...{ facts, rules: ALERT_RULES, settings: DEFAULT_ALERT_SETTINGS },
    store: alertStore(ledger.db, { tellSinks: true }),
    routes: [{ channel: 'email', minSeverity: 'info' }],
  });
  const snapshot = await facts.read(UNTIL);
  const timings = [
    await timed('facts from the ledger', () => facts.read(UNTIL)),
    await timed('all rules and the lifecycle, pure', async () =>
      evaluateRules(snapshot.facts, DEFAULT_ALERT_SETTINGS, ALERT_RULES),
    ),
    await timed('the whole evaluation, kept', () => engine.evaluate(UNTIL)),
  ];
  await ledger.close();
  return timings;
}

async function timed(part: string, work: () => Promise<unknown>): Promise<PartTiming> {
  return { part, ...(await timedRounds(ROUNDS, work)) };
}

async function main(): Promise<void> {
  const requests = Number(process.argv[2] ?? 10_000_000);
  const hours = Number(process.argv[3] ?? 2 * 365 * 24);
  const folder = mkdtempSync(join(tmpdir(), 'tripmeter-bench-alerts-'));
  try {
    const file = join(folder, 'ledger.db');
    const rows = await writeHistory(file, { until: UNTIL, hours, requests });
    const mib = Math.round(statSync(file).size / 1024 ** 2);
    console.log(
      `${requests.toLocaleString('en-US')} requests in ${hours.toLocaleString('en-US')} hours: ` +
        `${rows.toLocaleString('en-US')} rows of roll-ups, ${mib} MiB`,
    );
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const worker = new Worker(import.meta.filename, { workerData: file });
    const timings = await new Promise<PartTiming[]>((resolve, reject) => {
      worker.once('message', resolve);
      worker.once('error', reject);
    });
    delay.disable();
    for (const { part, medianMs, worstMs, cpuMs } of timings) {
      console.log(
        `${part.padEnd(40)} median ${medianMs.toFixed(1).padStart(7)} ms, worst ${worstMs.toFixed(1).padStart(7)} ms, ` +
          `processor ${cpuMs.toFixed(1)} ms`,
      );
    }
    const whole = timings.at(-1)?.medianMs ?? 0;
    console.log(`goal ${GOAL_MS} ms: ${whole < GOAL_MS ? 'met' : 'MISSED'}`);
    console.log(
      `event loop of the other thread: p99 ${(delay.percentile(99) / 1e6).toFixed(1)} ms`,
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (isMainThread) await main();
else parentPort?.postMessage(await evaluateInThread(workerData as string));
