import { z } from 'zod';
import { MICROS_PER_HOUR, type Micros } from '../../core/units.ts';
import { duration, listenAddress, size } from '../quantity.ts';
import { secretReference } from '../secret.ts';

/** Settlement looks back a day, the pull of the bill two. */
const LEAST_RETENTION: Micros = 48 * MICROS_PER_HOUR;

/** Where the service listens, keeps its files, and what it refuses. */
export const serverArea = {
  listen: listenAddress.prefault('127.0.0.1:8787').describe('The proxy.'),
  admin: z
    .strictObject({
      listen: listenAddress.prefault('127.0.0.1:8788'),
      publicUrl: z
        .url({ protocol: /^https?$/ })
        .transform((url) => url.replace(/\/+$/, ''))
        .optional()
        .describe('Where people reach it: links of notices lead there. Default: where it listens.'),
      token: secretReference
        .optional()
        .describe('Everything but health asks for it: as a bearer token or as a password.'),
      telemetryToken: secretReference
        .optional()
        .describe('What Modal shows that pushes metrics to /v1/metrics. Default: `token`.'),
    })
    .prefault({})
    .describe('Pages, API, /healthz, /readyz, /metrics.'),
  dataDir: z.string().min(1).default('./tripmeter-data').describe('Journal and ledger.'),
  timezone: z
    .string()
    .refine(isZone, { error: 'not a time zone of the IANA list, e.g. UTC or Europe/Berlin' })
    .default('UTC')
    .describe('Months, weeks and days of spend and reports. Modal bills by UTC months.'),
  journals: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Journal folders of other proxies, for `--role office`: each is `<dataDir>/journal`.',
    ),
  journal: z
    .strictObject({
      durability: z
        .enum(['process', 'power'])
        .default('process')
        .describe('What a record outlives: kill -9, or a power cut (about 0.13 ms a turn).'),
      onFailure: z
        .enum(['forward', 'refuse'])
        .default('forward')
        .describe('While the journal cannot be written: go on and alarm, or answer 503.'),
      segment: size.prefault('64MiB'),
    })
    .prefault({}),
  ledger: z
    .strictObject({ postgres: secretReference.optional() })
    .prefault({})
    .describe('A connection string of PostgreSQL for a fleet. Default: SQLite in dataDir.'),
  retention: z
    .strictObject({
      requests: duration.prefault('90d').refine((us) => us >= LEAST_RETENTION, {
        message: 'must be at least 48h: settlement and the bill look back that far',
      }),
      archive: z
        .string()
        .min(1)
        .optional()
        .describe('Folder for Parquet files of what is deleted, a file a day. Default: none.'),
    })
    .prefault({})
    .describe('How long single requests are kept. Roll-ups and spend are kept for ever.'),
  proxy: z
    .strictObject({
      responseHeaders: z.boolean().default(true),
      via: z.boolean().default(false),
      forwarded: z.boolean().default(false),
      clientCountryHeader: z.string().toLowerCase().optional(),
      maxHeader: size.prefault('64KiB'),
      maxConnections: z.int().min(0).default(0).describe('0: no limit.'),
      headersTimeout: duration
        .prefault('30s')
        .describe('How long a client may take to send the head of a request.'),
      requestTimeout: duration
        .optional()
        .describe('How long a client may take to send a whole request. Default: none.'),
      keepAlive: duration.prefault('75s').describe('How long an idle client connection is kept.'),
      drain: duration.prefault('30s').describe('How long SIGTERM waits for running requests.'),
      abortGrace: duration
        .prefault('120s')
        .describe('How long Modal may run on after a client has left.'),
      redirectGrace: duration
        .prefault('10m')
        .describe('How long a client may take to follow a 303.'),
    })
    .prefault({}),
};

function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
