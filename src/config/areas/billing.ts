import { z } from 'zod';
import { httpUrl, text } from '../scalars.ts';
import type { Secret } from '../secret.ts';
import { type Secrets, secretRef } from '../secrets.ts';

export const billingKeys = {
  billing: z
    .strictObject({
      modal: z
        .strictObject({
          tokenId: secretRef.describe('ak-… of `modal token new`.'),
          tokenSecret: secretRef.describe('as-…'),
          serverUrl: httpUrl.optional().describe('Another control plane than api.modal.com.'),
        })
        .optional()
        .describe('Pulls the billing report and the rates. Without it, use `billing import`.'),
      resolution: z.enum(['hour', 'day']).default('hour').describe('Of the pulled report.'),
      apps: z
        .record(z.string(), text)
        .default({})
        .describe('Name or id in the bill → modalApp of endpoints, where the two differ.'),
    })
    .prefault({})
    .describe("How Modal's bill gets here."),
};

export interface BillingConfig {
  readonly modal: {
    readonly tokenId: Secret;
    readonly tokenSecret: Secret;
    readonly serverUrl: string | null;
  } | null;
  readonly resolution: 'hour' | 'day';
  readonly apps: Readonly<Record<string, string>>;
}

export function billingConfig(
  input: z.output<typeof billingKeys.billing>,
  secrets: Secrets,
): BillingConfig {
  const { modal, resolution, apps } = input;
  return {
    modal:
      modal === undefined
        ? null
        : {
            tokenId: secrets.of(modal.tokenId),
            tokenSecret: secrets.of(modal.tokenSecret),
            serverUrl: modal.serverUrl ?? null,
          },
    resolution,
    apps,
  };
}
