import { IDENTITY_HEADERS } from '../../../src/core/identity-headers.ts';
import type { EpochMicros, Micros } from '../../../src/core/units.ts';
import type { Container } from './container-pool.ts';
import type { Deployment } from './deployment.ts';

/** Response headers of a container that runs the identity middleware, without the handler's duration. */
export function identityClaims(
  container: Container,
  deployment: Deployment,
  entry: { readonly at: EpochMicros; readonly delayUs: Micros },
): Record<string, string> {
  return {
    [IDENTITY_HEADERS.containerId]: container.id,
    [IDENTITY_HEADERS.region]: deployment.region,
    [IDENTITY_HEADERS.cloud]: deployment.cloud,
    [IDENTITY_HEADERS.ageUs]: String(entry.at - container.billedFrom),
    [IDENTITY_HEADERS.readyUs]: String(container.readyAt - container.billedFrom),
    [IDENTITY_HEADERS.seen]: String(container.inputs - 1),
    [IDENTITY_HEADERS.inFlight]: String(container.running.size),
    [IDENTITY_HEADERS.entryUs]: String(entry.delayUs),
  };
}
