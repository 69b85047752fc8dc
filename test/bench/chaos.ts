/**
 * `npm run chaos -- --kills 100 --seed 7`: kills the meter under load at every write point and at random,
 * and compares its ledger with what client and upstream saw. Exit code 1 when anything was lost.
 * `--program service` kills the whole program, `serve` with its office thread, at random moments.
 */
import { parseArgs } from 'node:util';
import { runChaos } from '../support/chaos/chaos-run.ts';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    program: { type: 'string', default: 'composition' },
    workers: { type: 'string', default: '12' },
  },
});
const { program } = values;
if (program !== 'composition' && program !== 'service') {
  console.error(`--program is composition or service, not ${program}`);
  process.exit(2);
}
const kills = Number(values.kills);
const seed = Number(values.seed);
console.log(`seed ${seed}, ${kills} kills`);
const report = await runChaos({
  kills,
  seed,
  workers: Number(values.workers),
  program,
  onKill: (kill, number) => {
    const how = 'point' in kill ? `${kill.point} #${kill.passage}` : `after ${kill.afterMs} ms`;
    if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${number}/${kills} ${how}`);
    else if (number % 10 === 0) console.log(`${number}/${kills} kills`);
  },
});
if (process.stdout.isTTY) process.stdout.write('\r\x1b[K');
const { lost, doubled, wrong, findings, ...figures } = report;
console.log(figures);
const problems = { lost, doubled, wrong, findings: findings.map(({ message }) => message) };
for (const [name, lines] of Object.entries(problems)) {
  console.log(`${name}: ${lines.length}`);
  for (const line of lines.slice(0, 20)) console.log(`  ${line}`);
}
const bad = Object.values(problems).some((lines) => lines.length > 0);
console.log(bad ? `FAILED, repeat with --seed ${seed}` : 'nothing lost, nothing doubled');
process.exitCode = bad ? 1 : 0;
