import type { EpochMicros } from '../../src/core/units.ts';
import type { ContainerFact, ContainerFactKind } from '../../src/ports/collector.ts';
import type { Attribute, Metric, MetricsRequest, Point } from './wire.ts';

/** Modal's metric names. The cold start is spelled in two ways in what Modal has published. */
const KINDS: ReadonlyMap<string, ContainerFactKind> = new Map([
  ['modal.container.running', 'containers_running'],
  ['modal.input_events.elapsed_time_us', 'execution_us'],
  ['modal.input_events.input_queue_time_us', 'queue_us'],
  ['modal.input_events.coldstart_time_us', 'cold_start_us'],
  ['modal.input_events.cold_start_time_us', 'cold_start_us'],
  ['modal.input_events.successes', 'inputs_succeeded'],
  ['modal.input_events.total_inputs', 'inputs_total'],
  ['modal.function.pending_inputs', 'inputs_pending'],
  ['modal.function.running_inputs', 'inputs_running'],
]);

export interface ContainerFacts {
  readonly facts: readonly ContainerFact[];
  /** Data points of metrics above that make no sense: no instant, no number, a negative one. */
  readonly rejected: number;
}

/** The facts in one push. Metrics that say nothing about containers, e.g. CPU use, are passed over. */
export function containerFacts(request: MetricsRequest): ContainerFacts {
  const facts: ContainerFact[] = [];
  let rejected = 0;
  for (const { resource, scopeMetrics } of request.resourceMetrics) {
    const shared = textsOf(resource?.attributes ?? []);
    for (const metric of scopeMetrics.flatMap((scope) => scope.metrics)) {
      const found = factsOfMetric(metric, shared);
      facts.push(...found.filter((fact) => fact !== null));
      rejected += found.filter((fact) => fact === null).length;
    }
  }
  return { facts, rejected };
}

type Texts = ReadonlyMap<string, string>;

function factsOfMetric(metric: Metric, shared: Texts): (ContainerFact | null)[] {
  const kind = KINDS.get(metric.name);
  if (kind === undefined) {
    return [];
  }
  const { gauge, sum, histogram, exponentialHistogram, summary } = metric;
  const groups = [gauge, sum, histogram, exponentialHistogram, summary];
  return groups.flatMap((points) => {
    const temporality: ContainerFact['temporality'] =
      points === gauge ? 'gauge' : temporalityOf(points?.aggregationTemporality);
    const isDistribution = points !== gauge && points !== sum;
    const context = { kind, temporality, isDistribution, shared };
    return (points?.dataPoints ?? []).map((point) => factOf(point, context));
  });
}

/** 1 or `AGGREGATION_TEMPORALITY_DELTA`; a summary says nothing and is cumulative by definition. */
function temporalityOf(value: number | string | undefined): 'delta' | 'cumulative' {
  return value === 1 || String(value).endsWith('_DELTA') ? 'delta' : 'cumulative';
}

interface PointContext extends Pick<ContainerFact, 'kind' | 'temporality'> {
  readonly isDistribution: boolean;
  /** Attributes of the resource. */
  readonly shared: Texts;
}

function factOf(point: Point, context: PointContext): ContainerFact | null {
  const at = microsOf(point.timeUnixNano);
  // Protobuf leaves a count of 0 out.
  const count = context.isDistribution ? Number(point.count ?? 0) : 1;
  const value = context.isDistribution
    ? (point.sum ?? (count === 0 ? 0 : Number.NaN))
    : Number(point.asInt ?? point.asDouble ?? Number.NaN);
  if (at === null || !Number.isFinite(value) || value < 0) {
    return null;
  }
  const texts = new Map([...context.shared, ...textsOf(point.attributes)]);
  const text = (name: string) => texts.get(name) ?? null;
  return {
    kind: context.kind,
    at,
    since: context.temporality === 'gauge' ? null : microsOf(point.startTimeUnixNano),
    temporality: context.temporality,
    containerId: text('container_id'),
    appId: text('app_id'),
    appName: text('app_name'),
    functionId: text('function_id'),
    functionName: text('function_name'),
    environment: text('environment_name'),
    value: context.kind.endsWith('_us') ? Math.round(value) : value,
    count,
  };
}

function microsOf(nanos: string | number | undefined): EpochMicros | null {
  const text = String(nanos ?? '');
  if (!/^[1-9]\d{3,19}$/.test(text)) {
    return null;
  }
  return Number(BigInt(text) / 1_000n);
}

/** Attributes by name. A prefix `modal.` is dropped: both spellings exist. */
function textsOf(attributes: readonly Attribute[]): Map<string, string> {
  const texts = new Map<string, string>();
  for (const { key, value } of attributes) {
    const text = value?.stringValue ?? value?.intValue;
    if (text !== undefined && text !== '') {
      texts.set(key.replace(/^modal\./, ''), String(text));
    }
  }
  return texts;
}
