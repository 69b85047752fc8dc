import { z } from 'zod';
import { duration, usd } from '../quantity.ts';
import { secretReference } from '../secret.ts';

const bodyRule = z.union([
  z.enum(['openai', 'lift-sys', 'none']),
  z.strictObject({ errorPath: z.string(), tokensPath: z.string().nullable().default(null) }),
]);

/** What a client or an endpoint may spend in a calendar month. */
const monthlyLimit = {
  monthlyUsd: usd.optional(),
  onBudget: z.enum(['notify', 'refuse']).optional().describe('Default: notify.'),
};

/** One Modal endpoint, as its decorator asks for it, and how the proxy reaches it. */
const endpoint = z.strictObject({
  upstream: z
    .url({ protocol: /^https?$/, error: 'write the address of the endpoint: https://…' })
    .refine((text) => !/[?#]/.test(text), { error: 'an upstream has no query and no fragment' })
    .transform((text) => text.replace(/\/+$/, '')),
  gpu: z
    .string()
    .min(1)
    .describe('As requested in the Modal decorator, e.g. A100-80GB or H100:8; `none` for CPU.'),
  gpuCount: z.int().min(1).max(16).optional(),
  cpuCores: z.number().min(0).max(256).default(0.125),
  memoryGiB: z.number().min(0).max(4_096).default(0.125),
  nonPreemptible: z.boolean().optional(),
  region: z.string().min(1).default('any').describe('any, or a pin: us, eu, uk, ap, us-east-1, …'),
  maxInputs: z.int().min(1).max(10_000).default(1),
  scaledownWindow: duration.prefault('60s'),
  minContainers: z.int().min(0).max(1_000).default(0),
  poolParameters: z
    .array(z.string())
    .default([])
    .describe('Query parameters of a parametrised class: each value has its own containers.'),
  bodyRule: bodyRule.default('openai'),
  latencyObjective: duration.optional(),
  ...monthlyLimit,
  modalApp: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Joins the billing report: name or id of the app; `environment/name` where environments share a name.',
    ),
  pricing: z.enum(['gpu-seconds', 'tokens']).default('gpu-seconds'),
  connections: z.int().min(1).max(65_000).default(1_024),
  queueLimit: z.int().min(0).default(1_024),
  connectTimeout: duration.prefault('10s'),
  headersTimeout: duration.optional().describe('Default: none. Inference takes its time.'),
  idleTimeout: duration.optional().describe('Longest silence within a response. Default: none.'),
  tlsCa: z.strictObject({ file: z.string() }).optional(),
  modalAuth: z
    .strictObject({ key: secretReference, secret: secretReference })
    .optional()
    .describe('Sent as Modal-Key and Modal-Secret.'),
  signBody: z
    .strictObject({ key: secretReference })
    .optional()
    .describe('X-Signature: HMAC-SHA256 of the raw body; the key is base64.'),
  includeUsage: z.boolean().default(false).describe('Changes the body of streaming requests.'),
  answerCors: z.boolean().default(false),
  retryCold503: z
    .strictObject({
      attempts: z.int().min(1).max(100).default(20),
      delay: duration.prefault('3s'),
    })
    .optional(),
  follow303: z.boolean().default(false),
  digest: z
    .strictObject({ key: secretReference })
    .optional()
    .describe('Keyed hash of responses, for the repeatable share.'),
});

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, {
  error: 'a name has letters, digits, dots, dashes and underscores, 63 at most',
});

export const endpointsArea = {
  endpoints: z
    .record(name, endpoint)
    .refine((all) => Object.keys(all).length > 0, { error: 'name at least one endpoint' }),
};

export type EndpointConfig = z.output<typeof endpoint>;

/** Who may call. Without clients everyone may, from this machine. */
export const clientsArea = {
  clients: z
    .record(
      name,
      z.strictObject({
        key: secretReference.optional(),
        ...monthlyLimit,
        requestsPerMinute: z.int().min(1).optional(),
        concurrency: z.int().min(1).optional(),
      }),
    )
    .default({}),
};
