import { z } from 'zod';
import { DIAGNOSES, ERROR_CLASSES, OUTCOMES, PAID } from '../../../src/core/outcome.ts';
import { isoInstant } from '../../iso-instant.ts';
import { millis } from '../wire-fields.ts';

/** Optional and nullable: the exporter writes `null` for unknown, a person leaves it out. */
const maybe = <T extends z.ZodType>(type: T) => type.nullish().transform((value) => value ?? null);
const text = maybe(z.string().max(1_024));
const count = maybe(z.int().nonnegative());

const instant = z.string().transform((value, context) => {
  const read = isoInstant(value);
  if (read?.zoned) {
    return read.at;
  }
  const why = read === null ? 'is not an ISO 8601 instant' : 'has no zone: write Z for UTC';
  context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} ${why}` });
  return z.NEVER;
});

/**
 * One line of history: the object that `tripmeter requests --json` prints. Costs, price, attribution and span are
 * computed here and therefore passed over, as is every key that a newer version may print.
 */
export const requestLine = z.object({
  id: text,
  endpoint: z.string().min(1).max(256),
  operation: text,
  client: text,
  group: text,
  tags: maybe(z.record(z.string(), z.string())),
  method: text,
  path: text,
  startedAt: instant,
  state: maybe(z.enum(['open', 'closed'])),
  outcome: maybe(z.enum(OUTCOMES)),
  status: maybe(z.int().min(100).max(599)),
  errorClass: maybe(z.enum(ERROR_CLASSES)),
  paid: maybe(z.enum(PAID)),
  diagnosis: maybe(z.enum(DIAGNOSES)),
  durationMs: millis,
  ttfbMs: maybe(millis),
  firstTokenMs: maybe(millis),
  overheadMs: maybe(millis),
  queueMs: maybe(millis),
  bytesIn: count,
  bytesOut: count,
  chunks: count,
  streamed: maybe(z.boolean()),
  legs: maybe(z.int().min(1)),
  model: text,
  tokensIn: count,
  tokensOut: count,
  tokensCached: count,
  functionCallId: text,
  containerId: text,
  coldStart: maybe(z.boolean()),
  traceId: maybe(z.string().regex(/^[0-9a-f]{32}$/)),
});

export type RequestLine = z.infer<typeof requestLine>;
