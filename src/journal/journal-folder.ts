import { accessSync, constants, existsSync, readdirSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';

/** What is asked of the file system; tests hand in one that refuses. */
export const folderFs = { accessSync, existsSync, readdirSync, statSync };
export type FolderFs = typeof folderFs;

/** `read`: to compare it with the ledger. `take-in`: as an office does, which deletes what it has taken in. */
export type FolderUse = 'read' | 'take-in';

/** What keeps a journal's folder from being used, and how to fix it; `null` when nothing does. */
export function journalFolderProblem(
  dir: string,
  use: FolderUse,
  fs: FolderFs = folderFs,
): string | null {
  try {
    if (!fs.statSync(dir).isDirectory()) {
      return 'is no folder; name the folder `journal` in the dataDir of the proxy';
    }
    fs.accessSync(dir, constants.R_OK | constants.X_OK);
    const names = fs.readdirSync(dir);
    if (!names.some(isOfJournal)) return withoutJournal(dir, fs);
    for (const name of names.filter(isOfJournal)) requireReadable(join(dir, name), fs);
    if (use === 'take-in') fs.accessSync(dir, constants.W_OK);
    return null;
  } catch (error) {
    return refusalText(dir, use, { error: error as NodeJS.ErrnoException, fs });
  }
}

function isOfJournal(name: string): boolean {
  return name === 'journal.id' || /^\d{8,}\.log$/.test(name);
}

/** A segment that goes meanwhile has been taken in. */
function requireReadable(file: string, fs: FolderFs): void {
  try {
    fs.accessSync(file, constants.R_OK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function withoutJournal(dir: string, fs: FolderFs): string {
  if (fs.existsSync(join(dir, 'journal'))) {
    return `is the dataDir of a proxy, not its journal; name ${join(dir, 'journal')}`;
  }
  return 'holds no journal; mount its volume if that is not mounted, or start the proxy, which writes it';
}

function refusalText(
  dir: string,
  use: FolderUse,
  { error, fs }: { readonly error: NodeJS.ErrnoException; readonly fs: FolderFs },
): string {
  if (error.code === 'ENOENT') {
    return 'is not there; mount its volume, correct the path, or start the proxy, which makes it';
  }
  if (error.code === 'EROFS') {
    return 'is mounted to be read only; mount it to be written too: what is taken in is deleted there';
  }
  if (error.code !== 'EACCES' && error.code !== 'EPERM') {
    return `cannot be used (${error.message}); repair its disk or its mount`;
  }
  const verb = use === 'read' ? 'read' : 'read and written';
  return (
    `cannot be ${verb} by user ${userInfo().username} (${error.message})${ownerText(dir, fs)}; run proxy and office ` +
    'as one user, or give their common group access to the folder and its files'
  );
}

function ownerText(dir: string, fs: FolderFs): string {
  try {
    const { uid, gid, mode } = fs.statSync(dir);
    return `: it is of user ${uid} and group ${gid}, mode ${(mode & 0o777).toString(8).padStart(4, '0')}`;
  } catch {
    return '';
  }
}
