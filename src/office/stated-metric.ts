import { Gauge, type MetricType, type Registry } from 'prom-client';
import type { MetricDefinition } from '../core/metric-names.ts';

/**
 * A metric whose value is stated, not counted up here: the proxy counts, and the ledger's sketches know the
 * quantiles. The client's own counters and summaries can only be added to.
 */
export class StatedMetric extends Gauge {
  readonly #type: MetricType;

  constructor({ name, help, labels, type }: MetricDefinition, registry: Registry) {
    super({ name, help, labelNames: labels, registers: [registry] });
    this.#type = type as unknown as MetricType;
  }

  override async get(): ReturnType<Gauge['get']> {
    return { ...(await super.get()), type: this.#type };
  }
}
