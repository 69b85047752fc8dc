import { dirname, resolve } from 'node:path';
import type { EndpointSettings } from '../core/endpoint.ts';
import { parseGpu } from '../core/price-book/gpu-name.ts';
import type { PriceEntry } from '../core/price-book/price-entry.ts';
import type { SpendingLimit } from '../core/spending-limit.ts';
import { alertSettingsOf } from './alert-settings-of.ts';
import type { EndpointConfig } from './areas/endpoints.ts';
import type { Config, NamedSecret } from './config.ts';
import type { ParsedConfig } from './schema.ts';
import {
  HiddenSources,
  resolveSecret,
  type SecretReference,
  type SecretSources,
} from './secret.ts';

export interface ConfigOrigin {
  readonly file: string | null;
  readonly workingDir: string;
  readonly singleUpstream: string | null;
  readonly secretSources: SecretSources;
}

const PICO_PER_NANO = 1_000;
const SECONDS_PER_HOUR = 3_600;

/** The parsed file as the program uses it. Relative paths count from the file. */
export function toConfig(parsed: ParsedConfig, origin: ConfigOrigin): Config {
  const base = origin.file === null ? origin.workingDir : dirname(origin.file);
  const dataDir = resolve(base, parsed.dataDir);
  const { listen, timezone, clients, journal, proxy, channels, report, billing } = parsed;
  const { listen: admin, ...adminAccess } = parsed.admin;
  return frozen({
    ...{ listen, timezone, clients, journal, proxy, channels, report, billing },
    file: origin.file,
    admin,
    adminAccess,
    dataDir,
    journalDir: resolve(dataDir, 'journal'),
    journals: parsed.journals.map((dir) => resolve(base, dir)),
    retention: retentionOf(parsed, base),
    ledger: ledgerOf(parsed, dataDir, origin.secretSources),
    endpoints: Object.entries(parsed.endpoints).map(([name, each]) => endpointOf(name, each)),
    singleUpstream: origin.singleUpstream,
    upstreamOptions: parsed.endpoints,
    alerts: alertSettingsOf(parsed, spendingLimitsOf(parsed)),
    prices: parsed.prices.map(priceOf),
    export: parsed.export,
    secrets: secretsIn(parsed, []),
    secretSources: new HiddenSources(origin.secretSources),
  });
}

function spendingLimitsOf({ clients, endpoints }: ParsedConfig): SpendingLimit[] {
  const limitsOf = (of: SpendingLimit['of'], all: ParsedConfig['clients'] | typeof endpoints) =>
    Object.entries(all).flatMap(([name, { monthlyUsd, onBudget }]) =>
      monthlyUsd === undefined
        ? []
        : [{ of, name, monthlyNano: monthlyUsd, action: onBudget ?? 'notify' }],
    );
  return [...limitsOf('client', clients), ...limitsOf('endpoint', endpoints)];
}

function retentionOf({ retention }: ParsedConfig, base: string): Config['retention'] {
  const { archive } = retention;
  return archive === undefined ? retention : { ...retention, archive: resolve(base, archive) };
}

function ledgerOf(parsed: ParsedConfig, dataDir: string, sources: SecretSources): Config['ledger'] {
  const { postgres } = parsed.ledger;
  if (postgres === undefined) return { kind: 'sqlite', file: resolve(dataDir, 'ledger.db') };
  return { kind: 'postgres', connectionString: resolveSecret(postgres, sources).reveal() };
}

function endpointOf(name: string, each: EndpointConfig): EndpointSettings {
  return {
    name,
    upstream: each.upstream,
    gpu: each.gpu,
    gpuCount: each.gpuCount ?? parseGpu(each.gpu)?.count ?? 1,
    cpuCores: each.cpuCores,
    memoryGiB: each.memoryGiB,
    ...(each.nonPreemptible === undefined ? {} : { nonPreemptible: each.nonPreemptible }),
    region: each.region,
    maxInputs: each.maxInputs,
    scaledownWindowUs: each.scaledownWindow,
    minContainers: each.minContainers,
    poolParameters: each.poolParameters,
    bodyRule: each.bodyRule,
    latencyObjectiveUs: each.latencyObjective ?? null,
    modalApp: each.modalApp ?? null,
    pricing: each.pricing,
  };
}

function priceOf(each: ParsedConfig['prices'][number]): PriceEntry {
  return {
    resource: each.resource,
    gpu: each.gpu === undefined ? null : (parseGpu(each.gpu)?.gpu ?? null),
    picoUsdPerSecond: Math.round((each.usdPerHour * PICO_PER_NANO) / SECONDS_PER_HOUR),
    effectiveFrom: each.effective,
    source: 'configuration',
  };
}

/** Every `{ env }` and `{ file }` in the tree. */
function secretsIn(value: unknown, path: readonly string[]): NamedSecret[] {
  if (typeof value !== 'object' || value === null) return [];
  const keys = Object.keys(value);
  if (keys.length === 1 && (keys[0] === 'env' || keys[0] === 'file')) {
    return [{ path: path.join('.'), reference: value as SecretReference }];
  }
  return Object.entries(value).flatMap(([key, child]) => secretsIn(child, [...path, key]));
}

function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null || value instanceof HiddenSources) return value;
  for (const child of Object.values(value)) frozen(child);
  return Object.freeze(value);
}
