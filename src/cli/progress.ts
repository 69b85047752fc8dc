import { Writable } from 'node:stream';
import { Presets, SingleBar } from 'cli-progress';
import type { CliContext } from './cli-context.ts';

/** How far a long job has come. */
export interface Progress {
  at(done: number, note: string): void;
  stop(): void;
}

/** A bar on `stderr` where a person watches; nothing in a pipe or a log. */
export function progressOf(total: number, context: CliContext): Progress {
  if (!(context.stderrIsTTY ?? context.isTTY) || total <= 0)
    return { at: () => {}, stop: () => {} };
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      context.stderr(String(chunk));
      done();
    },
  });
  const bar = new SingleBar(
    {
      format: '{bar} {percentage} %  {note}',
      barsize: 30,
      // A bar that is killed must not leave a terminal without a cursor.
      hideCursor: false,
      clearOnComplete: true,
      stream: Object.assign(stream, { isTTY: true, columns: context.columns }),
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { note: '' });
  return {
    at: (done, note) => bar.update(Math.min(done, total), { note }),
    stop: () => bar.stop(),
  };
}
