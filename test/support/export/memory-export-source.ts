import type { LedgerRequest } from '../../../src/core/request-record.ts';
import type {
  ExportItem,
  ExportPlace,
  ExportSource,
  ExportStream,
  RefusedItem,
} from '../../../src/ports/export-source.ts';

export interface MemoryExportSource extends ExportSource {
  readonly refused: (ExportPlace & RefusedItem)[];
  /** Requests are numbered from 1; `requestAt` makes them when they are read. */
  grow(requests: number): void;
  push(stream: Exclude<ExportStream, 'requests'>, item: ExportItem): void;
  /** Makes every call fail with this message, or work again. */
  break(message: string | null): void;
}

/** An export source without a database: the pace of a sink is not the ledger's affair. */
export function memoryExportSource(
  requestAt: (position: number) => LedgerRequest,
): MemoryExportSource {
  const cursors = new Map<string, number>();
  const others = new Map<ExportStream, ExportItem[]>();
  const refused: (ExportPlace & RefusedItem)[] = [];
  let requests = 0;
  let broken: string | null = null;
  const check = () => {
    if (broken !== null) throw new Error(broken);
  };
  const key = ({ sink, stream }: ExportPlace) => `${sink}/${stream}`;
  const after = (stream: ExportStream, position: number, limit: number): ExportItem[] => {
    if (stream !== 'requests') {
      const items = others.get(stream) ?? [];
      return items.filter((item) => item.position > position).slice(0, limit);
    }
    const count = Math.max(0, Math.min(limit, requests - position));
    return Array.from({ length: count }, (_, index) => ({
      kind: 'request',
      position: position + 1 + index,
      request: requestAt(position + 1 + index),
    }));
  };
  return {
    refused,
    grow: (more) => {
      requests += more;
    },
    push: (stream, item) => {
      others.set(stream, [...(others.get(stream) ?? []), item]);
    },
    break: (message) => {
      broken = message;
    },
    position: async (place) => {
      check();
      return cursors.get(key(place)) ?? 0;
    },
    read: async (stream, position, limit) => {
      check();
      const items = after(stream, position, limit);
      return { items, readTo: items.at(-1)?.position ?? position };
    },
    advance: async (place, position) => {
      check();
      cursors.set(key(place), position);
    },
    setAside: async (place, item) => {
      check();
      refused.push({ ...place, ...item });
      cursors.set(key(place), item.position);
    },
    pending: async (stream, position) => {
      check();
      const [oldest] = after(stream, position, 1);
      const depth =
        stream === 'requests'
          ? requests - position
          : after(stream, position, Number.POSITIVE_INFINITY).length;
      return { depth, oldestAt: oldest === undefined ? null : instantOf(oldest) };
    },
    refusedCount: async (sink) => {
      check();
      return refused.filter((item) => item.sink === sink).length;
    },
  };
}

function instantOf(item: ExportItem): number {
  if (item.kind === 'alert') return item.event.at;
  return item.request.startedAt + item.request.durationUs;
}
