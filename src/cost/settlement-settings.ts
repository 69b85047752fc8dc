import type { EndpointSettings } from '../core/endpoint.ts';
import type { PriceBook } from '../core/price-book/price-book.ts';
import type { Micros } from '../core/units.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { Clock } from '../ports/clock.ts';

export interface SettlementSettings {
  readonly ledger: Ledger;
  /** As configured now. An endpoint that is not configured any more keeps its last settings. */
  readonly endpoints: readonly EndpointSettings[];
  readonly priceBook: PriceBook;
  readonly clock: Clock;
  /** Rows younger than this are left for the next run: their neighbours may still be on the way. Default 10 s. */
  readonly delayUs?: Micros;
  /** How long a request that is still open holds its pool's settlement back. Default 1 h. */
  readonly waitForOpenUs?: Micros;
}
