import { z } from 'zod';
import { instant, usd } from '../quantity.ts';
import { secretReference } from '../secret.ts';

/** Where records are told to, and where facts are asked for. */
export const outsideArea = {
  export: z
    .strictObject({
      honeycomb: z
        .strictObject({
          key: secretReference,
          configurationKey: secretReference
            .optional()
            .describe('For `honeycomb apply`; never needed by `serve`.'),
          region: z.enum(['us', 'eu']).default('us'),
          url: z.url().optional(),
          dataset: z.string().min(1).default('tripmeter'),
        })
        .optional(),
      otlp: z
        .array(
          z.strictObject({
            name: z.string().regex(/^[a-z0-9-]{1,40}$/),
            url: z.url(),
            headers: z.record(z.string(), z.union([z.string(), secretReference])).default({}),
            encoding: z.enum(['protobuf', 'json']).default('protobuf'),
          }),
        )
        .default([]),
    })
    .prefault({}),
  billing: z
    .strictObject({
      token: z
        .strictObject({ id: secretReference, secret: secretReference })
        .optional()
        .describe('An API token of Modal (ak-…, as-…): for `billing pull` and the rates only.'),
      resolution: z.enum(['h', 'd']).default('h'),
    })
    .prefault({}),
  prices: z
    .array(
      z.strictObject({
        resource: z.enum(['gpu', 'cpu', 'memory']),
        gpu: z.string().optional(),
        usdPerHour: usd,
        effective: instant,
      }),
    )
    .default([])
    .describe('Your own prices of one GPU, core or GiB. They win over the shipped list.'),
};
