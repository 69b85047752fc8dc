import { join } from 'node:path';
import type { JournalFs } from './segment-files.ts';

/** Names the folder's contents, so that intake knows them again elsewhere, and knows others apart. */
export function writeJournalId(fs: JournalFs, dir: string, id: string): void {
  try {
    fs.writeFileSync(join(dir, 'journal.id'), id, { flag: 'wx', mode: 0o640 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
