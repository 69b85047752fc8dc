import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { LedgerRequest } from '../../../src/core/request-record.ts';
import { WRITE_POINTS, type WritePoint } from '../../../src/core/write-points.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { exportRequests } from '../../../src/ledger/queries/export.ts';
import { type Finding, verifyLedger } from '../../../src/ledger/verify.ts';
import { liftSysGenerate } from '../sandbox/behaviours/lift-sys.ts';
import { openAiChat } from '../sandbox/behaviours/openai-chat.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { seededRandom } from '../timeline/traffic-shapes.ts';
import { ChaosTraffic } from './chaos-traffic.ts';
import { type Comparison, compareRecords } from './compare-records.ts';
import { freePort } from './free-port.ts';
import { METER_DEFAULTS, type MeterOptions, MeterProcess } from './meter-process.ts';

export interface ChaosOptions {
  readonly kills: number;
  readonly seed: number;
  readonly workers: number;
  /** The program can only be killed at random moments. Default: the composition. */
  readonly program?: MeterOptions['program'];
  readonly onKill?: (kill: Kill, number: number) => void;
}

/** How a process died. */
export type Kill =
  | { readonly point: WritePoint; readonly passage: number }
  | { readonly afterMs: number };

export interface ChaosReport extends Comparison {
  readonly kills: number;
  /** Kills at each write point, and `(random)`. */
  readonly killsByPoint: Readonly<Record<string, number>>;
  readonly findings: readonly Finding[];
}

/** Chat at once, and calls that take several of Modal's 303. */
export function startChaosSandbox(keepExchanges?: number): Promise<Sandbox> {
  return startSandbox({
    ...(keepExchanges === undefined ? {} : { keepExchanges }),
    endpoints: {
      chat: { behaviour: openAiChat({ firstTokenUs: 4_000, tokenUs: 2_000 }), maxInputs: 100 },
      solve: { behaviour: liftSysGenerate(), maxInputs: 100, httpLimitUs: 60_000 },
    },
  });
}

/** Kills the meter again and again under load, starts it anew, and compares its ledger with the truth. */
export async function runChaos(options: ChaosOptions): Promise<ChaosReport> {
  const random = seededRandom(options.seed);
  const dataDir = await mkdtemp(join(tmpdir(), 'tripmeter-chaos-'));
  const sandbox = await startChaosSandbox();
  const port = await freePort();
  const meter: MeterOptions = {
    ...METER_DEFAULTS,
    program: options.program ?? 'composition',
    adminPort: await freePort(),
    dataDir,
    port,
    endpoints: { chat: sandbox.urlOf('chat'), solve: sandbox.urlOf('solve') },
    segmentBytes: 30_000,
    redirectGraceSeconds: 2,
  };
  const traffic = new ChaosTraffic({
    baseUrl: `http://127.0.0.1:${port}`,
    workers: options.workers,
    prefix: `chaos-${options.seed}`,
  });
  const killsByPoint: Record<string, number> = {};
  try {
    for (let number = 0; number < options.kills; number += 1) {
      const kill = nextKill(number, options, random);
      await killOnce(meter, kill);
      const name = 'point' in kill ? kill.point : '(random)';
      killsByPoint[name] = (killsByPoint[name] ?? 0) + 1;
      options.onKill?.(kill, number + 1);
    }
    const last = await MeterProcess.start(meter);
    await sleep(300);
    await traffic.stop();
    // Chains whose client was cut off are given up after their grace.
    await sleep(1_000 * meter.redirectGraceSeconds + 500);
    await last.stop();
    const { rows, findings } = await readLedger(dataDir);
    return {
      ...compareRecords(traffic.records, sandbox.log, rows),
      kills: options.kills,
      killsByPoint,
      findings,
    };
  } finally {
    await traffic.stop();
    await sandbox.close();
    await rm(dataDir, { recursive: true });
  }
}

/** Every write point in turn, beginning by the seed, and between two of them a moment by chance. */
function nextKill(number: number, { seed, program }: ChaosOptions, random: () => number): Kill {
  if (number % 2 === 0 || program === 'service')
    return { afterMs: 20 + Math.floor(random() * 400) };
  const point = WRITE_POINTS[(seed + (number - 1) / 2) % WRITE_POINTS.length] ?? WRITE_POINTS[0];
  return {
    point,
    passage: 1 + Math.floor(random() * (point.startsWith('journal.write') ? 60 : 3)),
  };
}

const POINT_PATIENCE_MS = 8_000;

async function killOnce(options: MeterOptions, kill: Kill): Promise<void> {
  if ('afterMs' in kill) {
    const meter = await MeterProcess.start(options);
    if (!meter.running) throw new Error(`the program ended at its start: ${meter.complaints}`);
    await sleep(kill.afterMs);
    await meter.kill();
    return;
  }
  const killAt = {
    point: WRITE_POINTS.indexOf(kill.point),
    passage: kill.passage,
  };
  const durability = kill.point === 'journal.sync.after' ? 'power' : options.durability;
  const meter = await MeterProcess.start({ ...options, durability, killAt });
  await Promise.race([meter.exited(), sleep(POINT_PATIENCE_MS)]);
  if (meter.running) {
    await meter.kill();
    throw new Error(`write point ${kill.point} was not passed ${kill.passage} times`);
  }
}

export async function readLedger(
  dataDir: string,
): Promise<{ readonly rows: readonly LedgerRequest[]; readonly findings: readonly Finding[] }> {
  const ledger = await openLedger({ kind: 'sqlite', file: join(dataDir, 'ledger.db') });
  try {
    const rows: LedgerRequest[] = [];
    for await (const { request } of exportRequests(ledger.db)) rows.push(request);
    const findings = await verifyLedger({ ledger, journals: [join(dataDir, 'journal')] });
    return { rows, findings };
  } finally {
    await ledger.close();
  }
}
