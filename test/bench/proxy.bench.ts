/**
 * The proxy against its peers, in one run: `npm run bench`. Mock and generator on CPU 0, the proxy on
 * CPU 1; targets shuffled in each round; medians over rounds, ratios as medians of per-round ratios.
 * `--rounds N`, `--seconds N`, `--only a,b`, `--parts json,rate,sse`.
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { compileLoad, type LoadResult, runLoad, startMock } from './proxy/load.ts';
import { processUsage, untilIdle } from './proxy/process-usage.ts';
import { markdownTable, median, shuffled } from './proxy/table.ts';
import { buildTripmeter, installPeers, TARGETS, type Target } from './proxy/targets.ts';

interface Measurement {
  readonly target: string;
  readonly part: string;
  readonly round: number;
  readonly result: LoadResult;
  /** CPU of the proxy until its backlog was drained, per completed request or chunk. */
  readonly cpuUsEach: number | null;
  readonly rssMiB: number | null;
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    only: { type: 'string', default: Object.keys(TARGETS).join(',') },
    parts: { type: 'string', default: 'json,rate500,rate1000,sse200,sse1000' },
  },
});
const rounds = Number(options.rounds);
const seconds = Number(options.seconds);

const PARTS = {
  json: { mode: 'closed', path: '/v1/chat/completions', connections: 64, seconds },
  rate500: { mode: 'open', path: '/v1/chat/completions', connections: 64, seconds, rate: 500 },
  rate1000: { mode: 'open', path: '/v1/chat/completions', connections: 64, seconds, rate: 1_000 },
  sse200: { mode: 'sse', path: '/sse', connections: 200, seconds: seconds + 3 },
  sse1000: { mode: 'sse', path: '/sse', connections: 1_000, seconds: seconds + 3 },
} as const;
type Part = keyof typeof PARTS;

async function measure(target: Target, part: Part, round: number): Promise<Measurement> {
  const before = target.pid === null ? null : processUsage(target.pid);
  const result = await runLoad(target, PARTS[part]);
  const rss = target.pid === null ? null : processUsage(target.pid).rssBytes / 1_024 ** 2;
  let cpuUsEach: number | null = null;
  if (target.pid !== null && before !== null) {
    await untilIdle(target.pid);
    const units = result.chunkDelayUs?.count ?? result.completed * ((seconds + 0.5) / seconds);
    cpuUsEach = (processUsage(target.pid).cpuUs - before.cpuUs) / Math.max(1, units);
  }
  return { target: target.name, part, round, result, cpuUsEach, rssMiB: rss };
}

async function runRound(round: number, upstreamPort: number, part: Part): Promise<Measurement[]> {
  const wanted = options.only.split(',');
  const measurements: Measurement[] = [];
  for (const [index, name] of shuffled(
    Object.keys(TARGETS).filter((n) => wanted.includes(n)),
  ).entries()) {
    // Below the ports that the system gives to outgoing connections.
    const target = await TARGETS[name]?.(upstreamPort, 21_000 + round * 20 + index * 2);
    if (target === undefined || target === null) continue;
    if (PARTS[part].mode !== 'sse' || target.streams) {
      // A short unmeasured run warms the compiler, so that rounds compare like with like.
      await runLoad(target, { ...PARTS.json, seconds: 1 });
      if (target.pid !== null) await untilIdle(target.pid);
      measurements.push(await measure(target, part, round));
    }
    await target.stop();
    process.stderr.write(`round ${round + 1}/${rounds} ${part} ${name}\n`);
  }
  return measurements;
}

function values(
  all: readonly Measurement[],
  target: string,
  part: string,
  pick: (m: Measurement) => number | null | undefined,
): number {
  const list = all.filter((m) => m.target === target && m.part === part).map(pick);
  return median(list.filter((value): value is number => typeof value === 'number'));
}

/** Median over rounds of target ÷ other, both of the same round. */
function ratio(all: readonly Measurement[], target: string, other: string): number {
  const perRound = [];
  for (let round = 0; round < rounds; round += 1) {
    const one = all.find((m) => m.target === target && m.part === 'json' && m.round === round);
    const two = all.find((m) => m.target === other && m.part === 'json' && m.round === round);
    if (one && two) perRound.push(rate(one) / rate(two));
  }
  return median(perRound);
}

const rate = (m: Measurement) => m.result.completed / m.result.seconds;
const digits = (value: number, count = 0) =>
  Number.isFinite(value) ? value.toLocaleString('en', { maximumFractionDigits: count }) : '-';

function saturationTable(all: readonly Measurement[], names: readonly string[]): string {
  return markdownTable(
    ['JSON, one core at saturation', 'req/s', 'CPU µs/req', 'p99 ms', 'tripmeter ÷ it'],
    names.map((name) => [
      name,
      digits(values(all, name, 'json', rate)),
      digits(
        values(all, name, 'json', (m) => m.cpuUsEach),
        1,
      ),
      digits(
        values(all, name, 'json', (m) => (m.result.latencyUs?.p99 ?? Number.NaN) / 1_000),
        1,
      ),
      digits(ratio(all, 'tripmeter', name), 2),
    ]),
  );
}

function added(
  all: readonly Measurement[],
  name: string,
  part: string,
  pick: (r: LoadResult) => number | undefined,
): string {
  const own = values(all, name, part, (m) => pick(m.result));
  const direct = values(all, 'direct', part, (m) => pick(m.result));
  return digits(own - direct);
}

function rateTable(all: readonly Measurement[], names: readonly string[]): string {
  return markdownTable(
    [
      'open loop, added over direct (µs)',
      '500/s p50',
      '500/s p99',
      '1,000/s p50',
      '1,000/s p99',
      'CPU µs/req at 1,000/s',
    ],
    names
      .filter((name) => name !== 'direct')
      .map((name) => [
        name,
        ...['rate500', 'rate1000'].flatMap((part) => [
          added(all, name, part, (r) => r.latencyUs?.p50),
          added(all, name, part, (r) => r.latencyUs?.p99),
        ]),
        digits(values(all, name, 'rate1000', (m) => m.cpuUsEach)),
      ]),
  );
}

function streamTable(all: readonly Measurement[], names: readonly string[], part: Part): string {
  return markdownTable(
    [
      `${PARTS[part].connections} SSE streams, added over direct (µs)`,
      'first chunk p50',
      'p99',
      'chunk delay p50',
      'p99',
      'CPU µs/chunk',
      'RSS MiB',
    ],
    names
      .filter((name) => name !== 'direct')
      .map((name) => [
        name,
        added(all, name, part, (r) => r.ttfbUs?.p50),
        added(all, name, part, (r) => r.ttfbUs?.p99),
        added(all, name, part, (r) => r.chunkDelayUs?.p50),
        added(all, name, part, (r) => r.chunkDelayUs?.p99),
        digits(
          values(all, name, part, (m) => m.cpuUsEach),
          1,
        ),
        digits(values(all, name, part, (m) => m.rssMiB)),
      ]),
  );
}

compileLoad();
buildTripmeter();
installPeers();
const mock = await startMock();
const all: Measurement[] = [];
const parts = options.parts.split(',') as Part[];
for (const part of parts) {
  for (let round = 0; round < rounds; round += 1)
    all.push(...(await runRound(round, mock.port, part)));
}
mock.stop();
writeFileSync('.bench/proxy.json', JSON.stringify(all, null, 1));
const names = Object.keys(TARGETS).filter((name) => all.some((m) => m.target === name));
const failed = all.filter((m) => m.result.badStatus + m.result.errors > 0);
console.log(
  `${new Date().toISOString().slice(0, 10)}, ${cpus()[0]?.model}, ${cpus().length} cores, Node ${process.version}, ${rounds} rounds\n`,
);
if (parts.includes('json')) console.log(`${saturationTable(all, names)}\n`);
if (parts.includes('rate1000')) console.log(`${rateTable(all, names)}\n`);
for (const part of ['sse200', 'sse1000'] as const) {
  if (parts.includes(part)) console.log(`${streamTable(all, names, part)}\n`);
}
for (const m of failed) {
  console.log(
    `not clean: ${m.target} ${m.part} round ${m.round + 1}: ${m.result.errors} errors, ${m.result.badStatus} not 200`,
  );
}
