import type { Config } from '../config/config.ts';
import { type ServiceTracing, startServiceTracing } from '../export/service-tracing.ts';
import { HONEYCOMB_URLS } from '../export/sinks.ts';
import type { Log } from '../ports/log.ts';
import { UNTRACED } from '../ports/tracing.ts';
import { secretOf } from './secret-of.ts';
import { headersOf } from './sinks-of.ts';

/** The service's own traces, to the sink that `export.ownTraces` names; none unless it does. */
export function ownTracesOf(
  config: Config,
  { version, log }: { readonly version: string; readonly log: Log },
): ServiceTracing {
  const { ownTraces, honeycomb, otlp } = config.export;
  const target = otlp.find(({ name }) => name === ownTraces);
  const rest = { version, log, serviceName: `${honeycomb?.dataset ?? 'tripmeter'}-office` };
  if (target !== undefined) {
    return startServiceTracing({ ...rest, url: target.url, headers: headersOf(config, target) });
  }
  if (ownTraces !== 'honeycomb' || honeycomb === undefined) {
    return { ...UNTRACED, ready: Promise.resolve(), stop: async () => {} };
  }
  const url = honeycomb.url ?? HONEYCOMB_URLS[honeycomb.region];
  const headers = { 'x-honeycomb-team': secretOf(config, honeycomb.key) };
  return startServiceTracing({ ...rest, url, headers });
}
