import { Registry } from 'prom-client';
import { METRICS } from '../core/metric-names.ts';
import { StatedMetric } from './stated-metric.ts';

export type MetricKey = keyof typeof METRICS;
export type Samples = readonly (readonly [Readonly<Record<string, string>>, number])[];
export type Measured = Partial<Record<MetricKey, Samples>>;

/** The page that Prometheus scrapes, measured anew each time. A metric without samples is named all the same. */
export function metricsPage(measure: () => Promise<Measured>) {
  const registry = new Registry();
  const metrics = Object.entries(METRICS).map(
    ([key, definition]) => [key as MetricKey, new StatedMetric(definition, registry)] as const,
  );
  return async () => {
    const measured = await measure();
    for (const [key, metric] of metrics) {
      metric.reset();
      for (const [labels, value] of measured[key] ?? []) metric.set(labels, value);
    }
    return { body: await registry.metrics(), contentType: registry.contentType };
  };
}

export function one(value: number): Samples {
  return [[{}, value]];
}
