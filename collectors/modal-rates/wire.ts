import { z } from 'zod';

const texts = z.record(z.string(), z.string());

/** `WorkspaceBillingRatesResponse` as the generated client gives it. */
export const ratesResponse = z.object({
  rates: texts,
  deprecationWarnings: texts.default({}),
  deprecationErrors: texts.default({}),
});

export type RatesResponse = z.infer<typeof ratesResponse>;
