import { ByteWriter, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { LedgerRequest } from '../core/request-record.ts';
import { REQUEST_COLUMNS, requestCells, requestView } from '../core/request-view.ts';

type Value = string | number | bigint | boolean | null;
type Element = Omit<SchemaElement, 'name' | 'repetition_type'>;

const TEXT: Element = { type: 'BYTE_ARRAY', converted_type: 'UTF8' };
const BOOLEAN: Element = { type: 'BOOLEAN' };
const INTEGER: Element = { type: 'INT64' };
const REAL: Element = { type: 'DOUBLE' };
const INSTANT: Element = { type: 'INT64', converted_type: 'TIMESTAMP_MICROS' };
/** Nano-dollars are dollars with nine digits after the point, exactly. */
const DOLLARS: Element = { type: 'INT64', converted_type: 'DECIMAL', precision: 18, scale: 9 };

const ELEMENTS: Readonly<Record<string, Element>> = {
  startedAt: INSTANT,
  ...columns(INTEGER, ['status', 'bytesIn', 'bytesOut', 'chunks', 'legs']),
  ...columns(INTEGER, ['tokensIn', 'tokensOut', 'tokensCached']),
  ...columns(REAL, ['durationMs', 'ttfbMs', 'firstTokenMs', 'overheadMs', 'queueMs', 'gpuSeconds']),
  ...columns(BOOLEAN, ['streamed', 'coldStart']),
  ...columns(
    DOLLARS,
    ['exec', 'overhead', 'total', 'low', 'high'].map((part) => `costUsd.${part}`),
  ),
};

/** Rows that are in memory at a time, and so a row group of the file. */
const GROUP_ROWS = 20_000;

/** A Parquet file of requests, a row group at a time: the columns of the CSV with types. */
export async function* parquetPieces(
  requests: AsyncIterable<LedgerRequest>,
): AsyncGenerator<Uint8Array> {
  const writer = new ByteWriter();
  const parquet = new ParquetWriter({ writer, schema: schema(), createdBy: 'tripmeter' });
  let group = emptyGroup();
  for await (const request of requests) {
    for (const [index, value] of valuesOf(request).entries()) group[index]?.push(value);
    if ((group[0]?.length ?? 0) < GROUP_ROWS) continue;
    await parquet.write({ columnData: columnData(group), rowGroupSize: GROUP_ROWS });
    yield taken(writer);
    group = emptyGroup();
  }
  if ((group[0]?.length ?? 0) > 0) {
    await parquet.write({ columnData: columnData(group), rowGroupSize: GROUP_ROWS });
  }
  await parquet.finish();
  yield taken(writer);
}

function columns(element: Element, names: readonly string[]): Record<string, Element> {
  return Object.fromEntries(names.map((name) => [name, element]));
}

function schema(): SchemaElement[] {
  return [
    { name: 'request', num_children: REQUEST_COLUMNS.length },
    ...REQUEST_COLUMNS.map(
      (name): SchemaElement => ({
        name,
        repetition_type: 'OPTIONAL',
        ...(ELEMENTS[name] ?? TEXT),
      }),
    ),
  ];
}

function emptyGroup(): Value[][] {
  return REQUEST_COLUMNS.map(() => []);
}

function columnData(group: readonly Value[][]) {
  return group.map((data, index) => ({ name: REQUEST_COLUMNS[index] ?? '', data }));
}

function valuesOf(request: LedgerRequest): Value[] {
  const cells = requestCells(requestView(request));
  const exact: Readonly<Record<string, number | null>> = {
    startedAt: request.startedAt,
    'costUsd.exec': request.execNano,
    'costUsd.overhead': request.overheadNano,
    'costUsd.total': request.totalNano,
    'costUsd.low': request.lowNano,
    'costUsd.high': request.highNano,
  };
  return cells.map((cell, index) => {
    const name = REQUEST_COLUMNS[index] ?? '';
    const value = name in exact ? (exact[name] ?? null) : cell;
    return typeof value === 'number' && ELEMENTS[name]?.type === 'INT64' ? BigInt(value) : value;
  });
}

/** What was written since the last time; the writer's buffer is then used again. */
function taken(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes().slice();
  writer.index = 0;
  return bytes;
}
