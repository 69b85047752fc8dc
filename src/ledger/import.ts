import { withPlausibleTokens } from '../core/plausible-tokens.ts';
import type { ClosedRequest } from '../core/request-record.ts';
import type { Ledger } from './ledger.ts';
import { type PriceRequest, RequestWriter } from './request-writer.ts';

export interface ImportSettings {
  readonly ledger: Ledger;
  readonly price: PriceRequest;
  /** Requests in one transaction. Default 5,000. */
  readonly batchSize?: number;
  /** After each batch. */
  readonly onProgress?: (counts: ImportCounts) => void;
}

export interface ImportCounts {
  readonly inserted: number;
  /** Requests that the ledger had already, by their id. */
  readonly repeated: number;
}

const BATCH_SIZE = 5_000;

/**
 * Adds history to the ledger. May be repeated, and may run beside `serve`: a request is stored once by its
 * id, which is kept as it is, whatever its form.
 * @throws Error of the ledger or of the source; the batches before it stay stored.
 */
export async function importRequests(
  source: Iterable<ClosedRequest> | AsyncIterable<ClosedRequest>,
  settings: ImportSettings,
): Promise<ImportCounts> {
  const { ledger, price, batchSize = BATCH_SIZE, onProgress } = settings;
  const writer = new RequestWriter(ledger.db);
  let counts: ImportCounts = { inserted: 0, repeated: 0 };
  let batch: ClosedRequest[] = [];
  const flush = async () => {
    const priced = batch.map((closed) => ({ closed, cost: price(closed) }));
    batch = [];
    const written = await ledger.db.transaction().execute((trx) => writer.write(trx, priced));
    counts = {
      inserted: counts.inserted + written.inserted,
      repeated: counts.repeated + written.repeated,
    };
    onProgress?.(counts);
  };
  for await (const request of source) {
    batch.push(withPlausibleTokens(request));
    if (batch.length >= batchSize) await flush();
  }
  if (batch.length > 0) await flush();
  return counts;
}
