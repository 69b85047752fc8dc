import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { uuidv7 } from '../../../src/core/ids.ts';
import { createPriceBook } from '../../../src/core/price-book/price-book.ts';
import { provisionalCost } from '../../../src/core/provisional-cost.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { createSettlement } from '../../../src/cost/settle.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import { openLedger } from '../../../src/ledger/open-ledger.ts';
import { spendOf } from '../../../src/ledger/queries/spend.ts';
import { A100, closedRequest, SECOND } from '../../support/cost/records.ts';

const MONTH_START = Date.UTC(2026, 9, 1) * 1_000;
const MONTH_US = 31 * 86_400 * SECOND;

export interface SettleSpeed {
  readonly settleSeconds: number;
  /** Processor time of the settlement alone: what a shared machine does not distort. */
  readonly cpuSeconds: number;
  readonly rssMiB: number;
  readonly queryMs: number;
}

const ENDPOINTS = ['generate', 'chat', 'solve'].map((name) => ({ ...A100, name }));

/** Fills a ledger with a month of three endpoints, and has another process of `program` settle it. */
export async function settleSpeed(count: number, program: string): Promise<SettleSpeed> {
  const folder = await mkdtemp(join(tmpdir(), 'tripmeter-bench-'));
  const file = join(folder, 'ledger.db');
  try {
    const ledger = await openLedger({ kind: 'sqlite', file });
    const priceBook = createPriceBook();
    const byName = new Map(ENDPOINTS.map((endpoint) => [endpoint.name, endpoint]));
    await importRequests(traffic(count), {
      ledger,
      price: (closed) => provisionalCost(closed, byName.get(closed.endpoint) ?? A100, priceBook),
    });
    await ledger.close();
    const args = [program, 'settle', file, String(count)];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Settles a filled ledger at once, and asks for the month's spend. */
export async function settleFile(file: string, count: number): Promise<SettleSpeed> {
  const ledger = await openLedger({ kind: 'sqlite', file });
  const end = MONTH_START + MONTH_US + 3_600 * SECOND;
  const clock = { now: () => end, monotonic: () => end };
  const settings = { ledger, endpoints: ENDPOINTS, priceBook: createPriceBook(), clock };
  const started = performance.now();
  const cpuBefore = process.cpuUsage();
  const report = await createSettlement(settings).run();
  const settleSeconds = (performance.now() - started) / 1_000;
  const cpu = process.cpuUsage(cpuBefore);
  if (report.settled !== count) throw new Error(`settled ${report.settled} of ${count}`);
  const month = { from: MONTH_START, to: MONTH_START + MONTH_US };
  const queryMs = await medianMs(async () => {
    await spendOf(ledger.db, month);
  });
  await ledger.close();
  return {
    settleSeconds,
    cpuSeconds: (cpu.user + cpu.system) / 1e6,
    rssMiB: Math.round(process.resourceUsage().maxRSS / 1_024),
    queryMs,
  };
}

async function medianMs(work: () => Promise<void>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < 11; round += 1) {
    const started = performance.now();
    await work();
    times.push(performance.now() - started);
  }
  return times.sort((a, b) => a - b)[5] ?? Number.NaN;
}

function* traffic(count: number): Generator<ClosedRequest> {
  let seed = 7;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const step = MONTH_US / count;
  for (let index = 0; index < count; index += 1) {
    const startedAt = Math.floor(MONTH_START + (index + random()) * step);
    const seconds = 0.2 + random() * 4;
    yield closedRequest([0, seconds], {
      id: uuidv7(startedAt, index.toString(16).padStart(16, '0')),
      startedAt,
      endpoint: ['generate', 'chat', 'solve'][index % 3] ?? '',
      operation: ['plan', 'code', 'review'][index % 7] ?? null,
      outcome: index % 20 === 0 ? 'app_error' : 'ok',
    });
  }
}
