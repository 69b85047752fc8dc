/**
 * `npm run bench -- cost [requests in the fold] [requests in the ledger]`: the pure fold on one core, then
 * settlement through an SQLite file and the month's spend.
 */
import { OccupancyFold } from '../../src/core/occupancy/occupancy-fold.ts';
import type { Run } from '../../src/core/occupancy/run.ts';
import { settleFile, settleSpeed } from './cost/settle-speed.ts';

const SECOND = 1_000_000;
const [, , command = '2000000', file = ''] = process.argv;
if (command === 'settle') {
  console.log(JSON.stringify(await settleFile(file, Number(process.argv[4]))));
  process.exit(0);
}
const count = Number(command);

foldSpeed('steady, 20 inputs a container', {
  maxInputs: 20,
  lengthUs: 20 * SECOND,
  gapUs: 100_000,
});
foldSpeed('one input a container', { maxInputs: 1, lengthUs: 2 * SECOND, gapUs: 100_000 });
foldSpeed('sparse, a session each', { maxInputs: 20, lengthUs: 5 * SECOND, gapUs: 90 * SECOND });

const stored = Number(process.argv[3] ?? 1_000_000);
if (stored > 0) {
  const speed = await settleSpeed(stored, import.meta.filename);
  console.log(
    `settlement through SQLite: ${stored} requests in ${speed.settleSeconds.toFixed(1)} s ` +
      `(${speed.cpuSeconds.toFixed(1)} s of processor time), ` +
      `${Math.round(stored / speed.settleSeconds / 1_000)} k requests/s, at most ${speed.rssMiB} MiB`,
  );
  console.log(`spend of the month: ${speed.queryMs.toFixed(1)} ms`);
}

function foldSpeed(
  name: string,
  load: { readonly maxInputs: number; readonly lengthUs: number; readonly gapUs: number },
): void {
  const runs = makeRuns(load);
  let execUs = 0;
  let sessions = 0;
  const started = performance.now();
  const fold = new OccupancyFold(
    {
      maxInputs: load.maxInputs,
      scaledownWindowUs: 60 * SECOND,
      minContainers: 0,
      standingFrom: null,
    },
    {
      ran: (_, __, exec) => {
        execUs += exec;
      },
      cell: () => {},
      closed: () => {
        sessions += 1;
      },
    },
  );
  for (const run of runs) fold.push(run);
  fold.advance(Number.MAX_SAFE_INTEGER);
  const seconds = (performance.now() - started) / 1_000;
  const speed = Math.round(count / seconds / 1_000);
  console.log(
    `fold, ${name}: ${speed} k requests/s (${sessions} sessions, ${Math.round(execUs / SECOND)} s busy)`,
  );
}

function makeRuns(load: { readonly lengthUs: number; readonly gapUs: number }): Run[] {
  let seed = 42;
  const random = () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  let start = 1_790_000_000 * SECOND;
  return Array.from({ length: count }, (_, ref) => {
    start += Math.floor(random() * 2 * load.gapUs);
    const end = start + Math.floor((0.5 + random()) * load.lengthUs);
    return { ref, start, end, failed: ref % 20 === 0, price: 0, claim: null };
  });
}
