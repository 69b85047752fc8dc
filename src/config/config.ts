import type { AlertSettings } from '../core/alert-settings.ts';
import type { EndpointSettings } from '../core/endpoint.ts';
import type { PriceEntry } from '../core/price-book/price-entry.ts';
import type { LedgerSettings } from '../ledger/open-ledger.ts';
import type { EndpointConfig } from './areas/endpoints.ts';
import type { ListenAddress } from './quantity.ts';
import type { ParsedConfig } from './schema.ts';
import type { SecretReference, SecretSources } from './secret.ts';

/** The configuration as the program uses it: paths absolute, amounts in nano-dollars, times in µs. */
export interface Config {
  /** The file it came from, `null` for command line only. */
  readonly file: string | null;
  readonly listen: ListenAddress;
  readonly admin: ListenAddress;
  /** Who may use the admin port, and under which address people know it. */
  readonly adminAccess: Omit<ParsedConfig['admin'], 'listen'>;
  readonly dataDir: string;
  readonly journalDir: string;
  /** Journals of other proxies that the office takes in besides. */
  readonly journals: readonly string[];
  readonly ledger: LedgerSettings;
  readonly timezone: string;
  readonly endpoints: readonly EndpointSettings[];
  /** Name of the endpoint that takes every path, when there is only the command line. */
  readonly singleUpstream: string | null;
  readonly upstreamOptions: Readonly<Record<string, EndpointConfig>>;
  readonly alerts: AlertSettings;
  readonly prices: readonly PriceEntry[];
  readonly clients: ParsedConfig['clients'];
  readonly journal: ParsedConfig['journal'];
  readonly retention: ParsedConfig['retention'];
  readonly proxy: ParsedConfig['proxy'];
  readonly channels: ParsedConfig['channels'];
  readonly report: ParsedConfig['report'];
  readonly export: ParsedConfig['export'];
  readonly billing: ParsedConfig['billing'];
  /** Every secret that the file names, with the path of its key. */
  readonly secrets: readonly NamedSecret[];
  readonly secretSources: SecretSources;
}

export interface NamedSecret {
  readonly path: string;
  readonly reference: SecretReference;
}
