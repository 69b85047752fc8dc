import { z } from 'zod';
import type { AdminAccess } from '../api/admin-access.ts';
import { createAdminServer, TELEMETRY_BYTES } from '../api/admin-server.ts';
import { problem } from '../api/problem.ts';
import { type Route, route } from '../api/route.ts';
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
import type { OfficeRestarts } from './messages.ts';
import { metricsPage } from './metrics-page.ts';
import { proxyFigures, recorderFigures } from './proxy-figures.ts';

export interface HealthPortParts {
  readonly listen: ListenAddress;
  /** The journal's folder. */
  readonly dir: string;
  readonly proxy: DropInProxy;
  readonly journal: JournalWriter;
  readonly log: Log;
  /** The office that should answer here and does not yet; absent: it runs elsewhere. */
  readonly absent?: AbsentOffice;
}

export interface AbsentOffice {
  readonly state: OfficeState;
  /** Who may use the port. */
  readonly access: AdminAccess;
}

export interface OfficeState {
  /** Why the office is down; `null`: it starts for the first time. */
  problem(): string | null;
  restarts(): OfficeRestarts;
}

export interface HealthPort {
  readonly url: string;
  close(): Promise<void>;
}

/** Nothing but health and counters is here. */
const OPEN: AdminAccess = { token: null, telemetryToken: null, hosts: [] };

/**
 * Health and metrics of a proxy that has no office beside it, or none yet: what it knows by itself, read from memory.
 * @throws Error with `code` `EADDRINUSE` when the port is taken.
 */
export async function openHealthPort(parts: HealthPortParts): Promise<HealthPort> {
  const { proxy, journal, listen, log, absent } = parts;
  const facts = (): HealthFacts => ({
    journal: journal.health(),
    journalSegments: 0,
    rowsPending: 0,
    ledgerError: null,
    diskFreeBytes: freeBytes(parts.dir),
    proxySilentSeconds: null,
    officeDown: absent?.state.problem() ?? null,
  });
  const page = metricsPage(async () => {
    const { journalPending: _onlyTheOfficeKnows, ...recorder } = recorderFigures(facts());
    const restarts = absent === undefined ? {} : { restarts: absent.state.restarts() };
    const report = { stats: proxy.stats(), journal: journal.health(), ...restarts };
    return { ...proxyFigures(report), ...recorder };
  });
  const server = createAdminServer({
    listen,
    access: absent?.access ?? OPEN,
    version: packageVersion(),
    log,
    // What is pushed meanwhile is refused, but whole: a sender that was cut off would not read the refusal.
    bodyLimitBytes: absent === undefined ? 1_024 : TELEMETRY_BYTES,
    routes: [
      ...healthRoutes(() => assessHealth(facts())),
      ...metricsRoutes(page),
      ...(absent === undefined ? [] : laterRoutes(absent.state)),
    ],
  });
  return { url: httpOrigin(await server.listen()), close: () => server.close() };
}

/** Everything that only the office can answer: 503, which callers try again. */
function laterRoutes(state: OfficeState): Route[] {
  return (['GET', 'POST'] as const).map((method) =>
    route({
      method,
      path: '/*',
      summary: 'Not before the office runs.',
      query: z.object({}),
      response: z.object({}),
      handle: async () => problem(503, laterBecause(state.problem())),
    }),
  );
}

function laterBecause(error: string | null): string {
  return error === null
    ? 'the office starts; try again in a moment'
    : `the office does not run, and is tried again: ${error}`;
}
