import type { Config } from '../config/config.ts';
import type { Sink } from '../export/sink.ts';
import { honeycombSink, otlpSink, type SinkTools } from '../export/sinks.ts';
import { secretOf } from './secret-of.ts';

/** Every place that the configuration wants spans sent to. @throws Error when a secret is missing. */
export function sinksOf(config: Config, tools: SinkTools): Sink[] {
  const { honeycomb, otlp, backfill: backfillUs } = config.export;
  const sinks = otlp.map((target) =>
    otlpSink(
      {
        name: target.name,
        url: target.url,
        encoding: target.encoding,
        gzip: true,
        serviceName: honeycomb?.dataset ?? 'tripmeter',
        headers: headersOf(config, target),
        backfillUs,
      },
      tools,
    ),
  );
  if (honeycomb === undefined) return sinks;
  const { key, configurationKey, region, url, dataset } = honeycomb;
  const settings = {
    key: secretOf(config, key),
    configurationKey: configurationKey === undefined ? null : secretOf(config, configurationKey),
    region,
    dataset,
    backfillUs,
    ...(url === undefined ? {} : { apiUrl: url }),
  };
  return [honeycombSink(settings, tools), ...sinks];
}

/** The headers of a target, secrets included. @throws Error when one is missing. */
export function headersOf(
  config: Config,
  target: Config['export']['otlp'][number],
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(target.headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : secretOf(config, value),
    ]),
  );
}
