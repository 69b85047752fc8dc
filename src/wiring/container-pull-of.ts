import { PULLED_COLLECTORS } from '../../collectors/registry.ts';
import type { Config } from '../config/config.ts';
import type { ContainerPullSettings } from '../cost/pull-containers.ts';
import type { Ledger } from '../ledger/open-ledger.ts';
import type { Clock } from '../ports/clock.ts';
import { modalConnection } from './modal-token.ts';

/** What the office's job and the command ask Modal about containers with. */
export function containerPullOf({
  ledger,
  config,
  clock,
}: {
  readonly ledger: Ledger;
  readonly config: Config;
  readonly clock: Clock;
}): ContainerPullSettings {
  const connect = modalConnection(config);
  let connection: ReturnType<typeof connect> | null = null;
  return {
    ...{ ledger, clock },
    source: PULLED_COLLECTORS['modal-containers'](() => {
      connection ??= connect();
      return connection;
    }),
    endpoints: config.endpoints,
    lookBackUs: config.billing.containersLookBack,
  };
}
