import { z } from 'zod';
import { SEVERITIES } from '../../src/core/verdict.ts';

/** A secret is never written into the file: it is named. */
export const secretReference = z
  .union(
    [z.strictObject({ env: z.string().min(1) }), z.strictObject({ file: z.string().min(1) })],
    {
      error: 'name the secret as { env: NAME } or { file: PATH }',
    },
  )
  .describe('Where the secret is.');

/** What every channel has. */
export const sharedFields = {
  minSeverity: z
    .enum(SEVERITIES)
    .describe('The channel gets notices of this severity and above: info, warning, critical.'),
  timeoutMs: z
    .int()
    .min(100)
    .max(120_000)
    .default(20_000)
    .describe('One attempt, in milliseconds.'),
};
