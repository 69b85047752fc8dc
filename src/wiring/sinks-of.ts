import type { Config } from '../config/config.ts';
import { resolveSecret, type SecretReference } from '../config/secret.ts';
import type { Sink } from '../export/sink.ts';
import { honeycombSink, otlpSink, type SinkTools } from '../export/sinks.ts';

/** Every place that the configuration wants spans sent to. @throws Error when a secret is missing. */
export function sinksOf(config: Config, tools: SinkTools): Sink[] {
  const secret = (reference: SecretReference) =>
    resolveSecret(reference, config.secretSources).reveal();
  const { honeycomb, otlp } = config.export;
  const sinks = otlp.map((target) =>
    otlpSink(
      {
        name: target.name,
        url: target.url,
        encoding: target.encoding,
        gzip: true,
        serviceName: honeycomb?.dataset ?? 'tripmeter',
        headers: Object.fromEntries(
          Object.entries(target.headers).map(([name, value]) => [
            name,
            typeof value === 'string' ? value : secret(value),
          ]),
        ),
      },
      tools,
    ),
  );
  if (honeycomb === undefined) return sinks;
  const { key, configurationKey, region, url, dataset } = honeycomb;
  const settings = {
    key: secret(key),
    configurationKey: configurationKey === undefined ? null : secret(configurationKey),
    region,
    dataset,
    ...(url === undefined ? {} : { apiUrl: url }),
  };
  return [honeycombSink(settings, tools), ...sinks];
}
