import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { LedgerRequest } from '../core/request-record.ts';

/**
 * Writes requests to a Parquet file that is on the disk, name and content, when the promise resolves. A file that is
 * there is whole. @throws Error of the file system; then there is no file.
 */
export async function writeParquetFile(
  file: string,
  requests: AsyncIterable<LedgerRequest>,
): Promise<void> {
  const partial = `${file}.partial`;
  const { parquetPieces } = await import('./parquet-pieces.ts');
  try {
    await pipeline(
      parquetPieces(requests),
      createWriteStream(partial, { mode: 0o640, flush: true }),
    );
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {});
    throw error;
  }
  const folder = await open(dirname(file), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
