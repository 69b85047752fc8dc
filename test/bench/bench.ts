/**
 * `npm run bench` compares the proxy with its peers; `npm run bench -- NAME …` runs `NAME.bench.ts`
 * (cost, ledger, export, alerts, report) with the arguments that follow.
 */
import { readdirSync } from 'node:fs';

const names = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''));
const wanted = process.argv[2] ?? '';
const name = names.includes(wanted) ? wanted : 'proxy';
if (wanted !== '' && !wanted.startsWith('-') && name !== wanted) {
  console.error(`unknown bench ${wanted}; there are: ${names.join(', ')}`);
  process.exit(2);
}
if (name === wanted) process.argv.splice(2, 1);
await import(`./${name}.bench.ts`);
