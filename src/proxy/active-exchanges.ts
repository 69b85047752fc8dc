import type { Socket } from 'node:net';
import type { Exchange } from './exchange.ts';

const EXCHANGE = Symbol('exchange');

interface CarryingSocket extends Socket {
  [EXCHANGE]?: Exchange | null;
}

/**
 * Which exchange each client's socket carries. It is kept on the socket, and in no `Map`: V8 replaces the table
 * of a map that is filled and emptied all the time again and again, each refers to the next, and once one has
 * grown old the chain keeps every request that was in it until a full collection: 1.4 MB for each 64 requests.
 */
export class ActiveExchanges {
  #size = 0;

  get size(): number {
    return this.#size;
  }

  begin(socket: CarryingSocket, exchange: Exchange): void {
    if (!socket[EXCHANGE]) this.#size += 1;
    socket[EXCHANGE] = exchange;
  }

  on(socket: CarryingSocket): Exchange | null {
    return socket[EXCHANGE] ?? null;
  }

  /** Frees the socket of this exchange; what it carries of another stays. */
  end(socket: CarryingSocket, exchange: Exchange): void {
    if (socket[EXCHANGE] !== exchange) return;
    socket[EXCHANGE] = null;
    this.#size -= 1;
  }
}
