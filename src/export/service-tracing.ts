import { context, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api';
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
  let tracer: Tracer | null = null;
  let sdk: Sdk | null = null;
  const ready = startSdk(settings).then(
    (started) => {
      sdk = started;
      tracer = trace.getTracer('tripmeter', settings.version);
    },
    (error: unknown) => settings.log.warn({ err: error }, 'the own traces cannot be sent'),
  );
  return {
    ready,
    span: (name, attributes, work) =>
      tracer === null ? work() : spanOf(tracer, { name, attributes }, work),
    stop: async () => {
      await ready;
      tracer = null;
      await Promise.race([sdk?.shutdown().catch(() => {}), after(STOP_MS)]);
      trace.disable();
      context.disable();
    },
  };
}

type Sdk = Awaited<ReturnType<typeof startSdk>>;

async function startSdk({ url, headers, serviceName, version }: ServiceTracingSettings) {
  const [{ NodeSDK }, { OTLPTraceExporter }] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/exporter-trace-otlp-http'),
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
  return sdk;
}

function spanOf<T>(
  tracer: Tracer,
  { name, attributes }: { readonly name: string; readonly attributes: TraceAttributes },
  work: () => Promise<T>,
): Promise<T> {
  return tracer.startActiveSpan(name, { attributes: { ...attributes } }, async (span) => {
    try {
      return await work();
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      span.setStatus({ code: SpanStatusCode.ERROR, message });
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
