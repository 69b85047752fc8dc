import { z } from 'zod';
import { duration, instant, usd } from '../quantity.ts';
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
      backfill: duration
        .prefault('24h')
        .describe('How far back a target begins that is sent to for the first time.'),
      ownTraces: z
        .string()
        .optional()
        .describe(
          'honeycomb, or the name of an otlp target that takes JSON: it also gets spans of what the service itself does.',
        ),
    })
    .prefault({}),
  billing: z
    .strictObject({
      token: z
        .strictObject({ id: secretReference, secret: secretReference })
        .optional()
        .describe(
          'An API token of Modal (ak-…, as-…): for the bill, the rates and containers only.',
        ),
      resolution: z.enum(['h', 'd']).default('h'),
      containers: z
        .boolean()
        .default(true)
        .describe(
          'With a token: ask Modal when containers started and ended, and which call ran on which.',
        ),
      containersLookBack: duration
        .prefault('24h')
        .describe(
          'Containers that ended longer ago are not asked about. Modal keeps calls for 7 days.',
        ),
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
