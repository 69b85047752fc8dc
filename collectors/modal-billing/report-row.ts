import { z } from 'zod';
import type { BillingRow } from '../../src/core/billing-row.ts';
import { parseUsd } from '../../src/core/units.ts';
import { isoInstant } from '../iso-instant.ts';

/** A row whose interval's length is not known yet. */
export type UntimedRow = Omit<BillingRow, 'intervalUs'>;

const HINT = 'is this a file of `modal billing report`?';

const start = z
  .string({ error: `no Interval Start: ${HINT}` })
  .transform((text, context) => isoInstant(text)?.at ?? fail(context, text, 'an ISO 8601 instant'));

const cost = z
  .union([z.string(), z.number()], { error: `no Cost: ${HINT}` })
  .transform((value, context) => {
    try {
      const nano = parseUsd(String(value));
      return Number.isSafeInteger(nano) ? nano : fail(context, value, 'an amount below 9 million');
    } catch {
      return fail(context, value, 'a decimal amount of dollars');
    }
  });

const tagObject = z.record(z.string(), z.coerce.string());

/** Tags come as JSON inside the CSV's field, and as a JSON string inside the JSON. */
const tags = z
  .unknown()
  .optional()
  .transform((value, context) => {
    const given = typeof value === 'string' ? jsonOf(value) : (value ?? {});
    const parsed = tagObject.safeParse(given);
    return parsed.success ? parsed.data : fail(context, value, 'a JSON object');
  });

const reportRow = z.object({
  object_id: z.string({ error: `no Object ID: ${HINT}` }).min(1, 'Object ID is empty'),
  description: z.string().default(''),
  environment: z.string().default(''),
  interval_start: start,
  resource: z.string().default(''),
  cost,
  tags,
});

/** Reads one row, or says everything that is wrong with it. */
export function readRow(fields: Readonly<Record<string, unknown>>): UntimedRow | string[] {
  const parsed = reportRow.safeParse(fields);
  if (!parsed.success) {
    return parsed.error.issues.map((issue) =>
      issue.code === 'custom' ? `${issue.path.join('.')}: ${issue.message}` : issue.message,
    );
  }
  const row = parsed.data;
  return {
    objectId: row.object_id,
    description: row.description,
    environment: row.environment,
    intervalStart: row.interval_start,
    resource: row.resource === '' ? null : row.resource,
    costNano: row.cost,
    tags: row.tags,
  };
}

function fail(context: z.RefinementCtx, value: unknown, expected: string): never {
  context.addIssue({ code: 'custom', message: `${JSON.stringify(value)} is not ${expected}` });
  return z.NEVER;
}

function jsonOf(text: string): unknown {
  if (text === '') {
    return {};
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
