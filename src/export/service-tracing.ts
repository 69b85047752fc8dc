import type { SpanStatusCode, Tracer } from '@opentelemetry/api';
import type { Log } from '../ports/log.ts';
import type { TraceAttributes, Tracing } from '../ports/tracing.ts';

export interface ServiceTracingSettings {
  /** Base, or the whole address that ends in `/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** `service.name`: another than that of requests, whose spans are counted and priced. */
  readonly serviceName: string;
  readonly version: string;
  readonly log: Log;
}

export interface ServiceTracing extends Tracing {
  /** Resolves once the SDK is loaded; until then work runs without spans. */
  readonly ready: Promise<void>;
  /** Sends what is left, for two seconds at most. */
  stop(): Promise<void>;
}

const STOP_MS = 2_000;

/**
 * The service's own traces, by OpenTelemetry's SDK: sampled as `OTEL_TRACES_SAMPLER` says, kept in memory, and
 * lost while the backend is away. Requests and costs do not go this way. The SDK takes a second to load, so
 * nothing waits for it.
 */
export function startServiceTracing(settings: ServiceTracingSettings): ServiceTracing {
  let tracing: Sdk | null = null;
  const ready = startSdk(settings).then(
    (started) => {
      tracing = started;
    },
    (error: unknown) => settings.log.warn({ err: error }, 'the own traces cannot be sent'),
  );
  return {
    ready,
    span: (name, attributes, work) =>
      tracing === null ? work() : spanOf(tracing, { name, attributes }, work),
    stop: async () => {
      await ready;
      const stopping = tracing;
      tracing = null;
      await Promise.race([stopping?.stop().catch(() => {}), after(STOP_MS)]);
    },
  };
}

interface Sdk {
  readonly tracer: Tracer;
  readonly failed: typeof SpanStatusCode.ERROR;
  stop(): Promise<void>;
}

async function startSdk(settings: ServiceTracingSettings): Promise<Sdk> {
  const { url, headers, serviceName, version } = settings;
  const [{ NodeSDK }, { OTLPTraceExporter }, { context, SpanStatusCode, trace }] =
    await Promise.all([
      import('@opentelemetry/sdk-node'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/api'),
    ]);
  const base = url.replace(/\/+$/, '');
  const sdk = new NodeSDK({
    serviceName,
    traceExporter: new OTLPTraceExporter({
      url: base.endsWith('/v1/traces') ? base : `${base}/v1/traces`,
      headers: { ...headers, 'user-agent': `tripmeter/${version}` },
    }),
    instrumentations: [],
    metricReaders: [],
    logRecordProcessors: [],
  });
  sdk.start();
  return {
    tracer: trace.getTracer('tripmeter', version),
    failed: SpanStatusCode.ERROR,
    stop: async () => {
      try {
        await sdk.shutdown();
      } finally {
        trace.disable();
        context.disable();
      }
    },
  };
}

function spanOf<T>(
  { tracer, failed }: Sdk,
  { name, attributes }: { readonly name: string; readonly attributes: TraceAttributes },
  work: () => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, { attributes: { ...attributes } }, async (span) => {
    try {
      return await work();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      span.setStatus({ code: failed, message });
      throw error;
    } finally {
      span.end();
    }
  });
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
