import { createAdminServer } from '../api/admin-server.ts';
import { healthRoutes } from '../api/routes/health.ts';
import { metricsRoutes } from '../api/routes/metrics.ts';
import type { ListenAddress } from '../config/quantity.ts';
import { httpOrigin } from '../core/http-origin.ts';
import type { JournalWriter } from '../ports/journal.ts';
import type { Log } from '../ports/log.ts';
import type { Proxy as DropInProxy } from '../proxy/proxy-server.ts';
import { assessHealth, type HealthFacts } from '../status/health.ts';
import { packageVersion } from '../wiring/version.ts';
import { freeBytes } from './free-bytes.ts';
import { metricsPage } from './metrics-page.ts';
import { proxyFigures, recorderFigures } from './proxy-figures.ts';

export interface HealthPortParts {
  readonly listen: ListenAddress;
  /** The journal's folder. */
  readonly dir: string;
  readonly proxy: DropInProxy;
  readonly journal: JournalWriter;
  readonly log: Log;
}

export interface HealthPort {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Health and metrics of a proxy whose office runs elsewhere: what it knows by itself, read from memory.
 * @throws Error with `code` `EADDRINUSE` when the port is taken.
 */
export async function openHealthPort(parts: HealthPortParts): Promise<HealthPort> {
  const { proxy, journal, listen, log } = parts;
  const facts = (): HealthFacts => ({
    journal: journal.health(),
    journalSegments: 0,
    rowsPending: 0,
    ledgerError: null,
    diskFreeBytes: freeBytes(parts.dir),
    proxySilentSeconds: null,
  });
  const page = metricsPage(async () => {
    const { journalPending: _onlyTheOfficeKnows, ...recorder } = recorderFigures(facts());
    return { ...proxyFigures({ stats: proxy.stats(), journal: journal.health() }), ...recorder };
  });
  const server = createAdminServer({
    listen,
    // Nothing but health and counters is here.
    access: { token: null, telemetryToken: null, hosts: [] },
    version: packageVersion(),
    log,
    bodyLimitBytes: 1_024,
    routes: [...healthRoutes(() => assessHealth(facts())), ...metricsRoutes(page)],
  });
  return { url: httpOrigin(await server.listen()), close: () => server.close() };
}
