import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  type FolderFs,
  folderFs,
  journalFolderProblem,
} from '../../../src/journal/journal-folder.ts';
import { systemError, temporaryFolder, testJournal } from '../../support/journal/journal-kit.ts';

function journalFolder(): string {
  const dir = join(temporaryFolder(), 'journal');
  testJournal(dir).close();
  return dir;
}

/** A file system that refuses access, as it does to another user: a test may run as root, whom nothing is refused. */
function refusing(code: string, refused: (path: string, mode: number) => boolean): FolderFs {
  return {
    ...folderFs,
    accessSync: (path, mode = 0) => {
      if (refused(String(path), mode)) throw systemError(code);
      folderFs.accessSync(path, mode);
    },
  };
}

test('a journal that can be used is no problem, also when a segment goes meanwhile', () => {
  const dir = journalFolder();
  expect(journalFolderProblem(dir, 'take-in')).toBeNull();
  const going: FolderFs = {
    ...folderFs,
    accessSync: (path, mode) => {
      if (String(path).endsWith('.log')) rmSync(path, { force: true });
      folderFs.accessSync(path, mode);
    },
  };
  expect(journalFolderProblem(dir, 'read', going)).toBeNull();
});

test('a folder that is missing, empty, a file or one too high is told apart', () => {
  const dir = journalFolder();
  const empty = temporaryFolder();
  const file = join(empty, 'file');
  expect(journalFolderProblem(join(empty, 'gone'), 'read')).toMatch(/^is not there; mount/);
  expect(journalFolderProblem(empty, 'read')).toMatch(/^holds no journal; mount/);
  writeFileSync(file, '');
  expect(journalFolderProblem(file, 'read')).toMatch(/^is no folder/);
  expect(journalFolderProblem(join(dir, '..'), 'read')).toBe(
    `is the dataDir of a proxy, not its journal; name ${dir}`,
  );
  mkdirSync(join(empty, 'journal'));
  expect(journalFolderProblem(join(empty, 'journal'), 'read')).toMatch(/^holds no journal/);
});

test.each(['journal', 'journal.id', '00000001.log'])(
  'what another user keeps to himself (%s) is told with its owner and the fix',
  (name) => {
    const fs = refusing('EACCES', (path) => path.endsWith(`/${name}`));
    const problem = journalFolderProblem(journalFolder(), 'read', fs);
    expect(problem).toMatch(/^cannot be read by user \S+ \(EACCES/);
    expect(problem).toMatch(
      /it is of user \d+ and group \d+, mode 0750; run proxy and office as one/,
    );
  },
);

test('a folder that may only be read is enough to compare it, not to take it in', () => {
  const dir = journalFolder();
  const W_OK = 2;
  const readOnly = refusing('EROFS', (_path, mode) => (mode & W_OK) !== 0);
  expect(journalFolderProblem(dir, 'read', readOnly)).toBeNull();
  expect(journalFolderProblem(dir, 'take-in', readOnly)).toMatch(
    /mounted to be read only; mount it/,
  );
  const foreign = refusing('EACCES', (_path, mode) => (mode & W_OK) !== 0);
  expect(journalFolderProblem(dir, 'take-in', foreign)).toMatch(
    /^cannot be read and written by user/,
  );
});
