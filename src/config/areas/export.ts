import { z } from 'zod';
import { MICROS_PER_HOUR, MICROS_PER_SECOND, type Micros } from '../../core/units.ts';
import { duration, httpUrl, NAME, NAME_RULE, positiveDuration, text } from '../scalars.ts';
import type { Secret } from '../secret.ts';
import { type Secrets, secretRef } from '../secrets.ts';

const HONEYCOMB_HOSTS = {
  us: 'https://api.honeycomb.io',
  eu: 'https://api.eu1.honeycomb.io',
} as const;

const NAMES_A_SECRET = /authorization|token|secret|password|api-?key|^x-honeycomb-team$/i;

const headers = z
  .record(
    z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, 'must be the name of a header'),
    z.union([z.string(), secretRef], {
      error: 'write a text, or { env: NAME } or { file: PATH } for a secret',
    }),
  )
  .superRefine((values, context) => {
    for (const [name, value] of Object.entries(values)) {
      if (typeof value !== 'string' || !NAMES_A_SECRET.test(name)) continue;
      const message = 'this header carries a secret: name it as { env: NAME } or { file: PATH }';
      context.addIssue({ code: 'custom', path: [name], message });
    }
  });

const shared = {
  timeout: positiveDuration.default(10 * MICROS_PER_SECOND),
  backfill: duration.default(24 * MICROS_PER_HOUR).describe('How far back a new target starts.'),
};

const honeycomb = z.strictObject({
  key: secretRef.describe('Ingest key: sends events.'),
  configurationKey: secretRef.optional().describe('For `honeycomb plan|apply` only.'),
  region: z.enum(['us', 'eu']).optional().describe('Default us.'),
  url: httpUrl.optional().describe('Instead of a region: a Refinery or a proxy.'),
  dataset: text.default('tripmeter'),
  ...shared,
});

const otlpTarget = z.strictObject({
  name: z.string().regex(NAME, NAME_RULE).describe('Names the cursor: renaming starts anew.'),
  url: httpUrl.describe('Base URL; /v1/traces is added unless it is there.'),
  headers: headers.default({}),
  encoding: z.enum(['protobuf', 'json']).default('protobuf'),
  gzip: z.boolean().default(true),
  ...shared,
});

export const exportKeys = {
  export: z
    .strictObject({
      honeycomb: honeycomb.optional(),
      otlp: z
        .array(otlpTarget)
        .default([])
        .describe('Further OTLP/HTTP targets: Phoenix, a collector.'),
    })
    .prefault({})
    .describe('Where every request goes as a span.'),
};

export interface HoneycombConfig {
  /** Of the API, without a path. */
  readonly url: string;
  readonly key: Secret;
  readonly configurationKey: Secret | null;
  readonly dataset: string;
  readonly timeoutMs: number;
  readonly backfillUs: Micros;
}

export interface OtlpConfig {
  readonly name: string;
  /** Ends in `/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | Secret>>;
  readonly encoding: 'protobuf' | 'json';
  readonly gzip: boolean;
  readonly timeoutMs: number;
  readonly backfillUs: Micros;
}

export interface ExportConfig {
  readonly honeycomb: HoneycombConfig | null;
  readonly otlp: readonly OtlpConfig[];
}

export function exportConfig(
  input: z.output<typeof exportKeys.export>,
  secrets: Secrets,
): ExportConfig {
  return {
    honeycomb: input.honeycomb === undefined ? null : honeycombConfig(input.honeycomb, secrets),
    otlp: input.otlp.map((target) => otlpConfig(target, secrets)),
  };
}

function honeycombConfig(input: z.output<typeof honeycomb>, secrets: Secrets): HoneycombConfig {
  const { key, configurationKey, region, url, dataset, timeout, backfill } = input;
  return {
    url: url ?? HONEYCOMB_HOSTS[region ?? 'us'],
    key: secrets.of(key),
    configurationKey: configurationKey === undefined ? null : secrets.of(configurationKey),
    dataset,
    timeoutMs: Math.ceil(timeout / 1_000),
    backfillUs: backfill,
  };
}

function otlpConfig(input: z.output<typeof otlpTarget>, secrets: Secrets): OtlpConfig {
  const { name, url, encoding, gzip, timeout, backfill } = input;
  return {
    name,
    url: url.endsWith('/v1/traces') ? url : `${url}/v1/traces`,
    headers: Object.fromEntries(
      Object.entries(input.headers).map(([header, value]) => [
        header,
        typeof value === 'string' ? value : secrets.of(value),
      ]),
    ),
    encoding,
    gzip,
    timeoutMs: Math.ceil(timeout / 1_000),
    backfillUs: backfill,
  };
}
