/**
 * Child process: writes pairs of entries until it is killed, and prints the id of each `closed` whose write
 * has returned. Arguments: folder, seed.
 */
import { writeSync } from 'node:fs';
import { openJournal } from '../../../src/journal/segment-journal.ts';
import { systemClock } from '../../../src/runtime/system-clock.ts';
import { sampleTraffic } from '../ledger/sample-requests.ts';

const [dir = '', seed = '1'] = process.argv.slice(2);
const journal = openJournal({
  dir,
  durability: 'process',
  onFailure: 'forward',
  instance: `writer-${seed}`,
  clock: systemClock,
  segmentBytes: 20_000,
});

const traffic = sampleTraffic(Number.MAX_SAFE_INTEGER, { seed: Number(seed) });

function writeTurn(): void {
  for (let index = 0; index < 5; index++) {
    const request = traffic.next().value;
    if (request === undefined) return;
    journal.append({ type: 'opened', request });
    // Synchronous, as a client's socket is: what is printed has been seen.
    journal.append({ type: 'closed', request }, () => writeSync(1, `${request.id}\n`));
  }
  setImmediate(writeTurn);
}
writeTurn();
