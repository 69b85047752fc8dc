import { hostname } from 'node:os';
import { MICROS_PER_DAY, type Micros } from '../core/units.ts';
import type { Clock } from '../ports/clock.ts';
import type { ExportStream } from '../ports/export-source.ts';
import type { Fetch, HttpPost } from './http-post.ts';
import { markerLane } from './marker-lane.ts';
import { otlpLane } from './otlp-lane.ts';
import type { Sink } from './sink.ts';
import type { EndpointOf } from './spans/item-spans.ts';

export interface HoneycombSinkSettings {
  /** Ingest key: it may send and nothing else. */
  readonly key: string;
  readonly region: 'us' | 'eu';
  /** Overrides the region's address. */
  readonly apiUrl?: string;
  /** `service.name`, from which Honeycomb makes the dataset. */
  readonly dataset: string;
  /** A key that may manage markers; without one none are set. */
  readonly configurationKey: string | null;
  readonly backfillUs?: Micros;
}

export interface OtlpSinkSettings {
  readonly name: string;
  /** Base (`http://127.0.0.1:6006`) or the whole address that ends in `/v1/traces`. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly encoding: 'protobuf' | 'json';
  readonly gzip: boolean;
  /** `service.name`, and the project in Phoenix. */
  readonly serviceName: string;
  readonly backfillUs?: Micros;
}

export interface SinkTools {
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly version: string;
  readonly endpointOf: EndpointOf;
  /** A request that is not answered within this is repeated later. */
  readonly timeoutMs?: number;
  /** Requests (of which each has one to four spans) a batch. */
  readonly batchItems?: number;
}

export const HONEYCOMB_URLS = {
  us: 'https://api.honeycomb.io',
  eu: 'https://api.eu1.honeycomb.io',
} as const;

const TIMEOUT_MS = 15_000;
/** About 1 MB before gzip: far from every known limit, and 20 requests a second carry 10,000 items. */
const BATCH_ITEMS = 500;
const BACKFILL: Micros = MICROS_PER_DAY;
const SPAN_STREAMS: readonly ExportStream[] = ['requests', 'costs', 'alerts'];

export function honeycombSink(settings: HoneycombSinkSettings, tools: SinkTools): Sink {
  const base = baseOf(settings.apiUrl ?? HONEYCOMB_URLS[settings.region]);
  const post = postOf(tools, `${base}/v1/traces`, { 'x-honeycomb-team': settings.key });
  const sink = spanSink(
    {
      name: 'honeycomb',
      serviceName: settings.dataset,
      encoding: 'protobuf',
      gzip: true,
      backfillUs: settings.backfillUs ?? BACKFILL,
    },
    post,
    tools,
  );
  if (settings.configurationKey === null) return sink;
  const markers = postOf(tools, `${base}/1/markers/__all__`, {
    'x-honeycomb-team': settings.configurationKey,
  });
  return { ...sink, lanes: [...sink.lanes, markerLane(markers)] };
}

export function otlpSink(settings: OtlpSinkSettings, tools: SinkTools): Sink {
  const base = baseOf(settings.url);
  const url = base.endsWith('/v1/traces') ? base : `${base}/v1/traces`;
  return spanSink(
    { ...settings, backfillUs: settings.backfillUs ?? BACKFILL },
    postOf(tools, url, settings.headers),
    tools,
  );
}

type SpanSinkSettings = Pick<OtlpSinkSettings, 'name' | 'serviceName' | 'encoding' | 'gzip'> & {
  readonly backfillUs: Micros;
};

function spanSink(settings: SpanSinkSettings, post: HttpPost, tools: SinkTools): Sink {
  const identity = {
    resource: {
      'service.name': settings.serviceName,
      'service.version': tools.version,
      'service.instance.id': hostname(),
      'openinference.project.name': settings.serviceName,
    },
    scope: { name: 'tripmeter', version: tools.version },
  };
  return {
    name: settings.name,
    backfillUs: settings.backfillUs,
    lanes: SPAN_STREAMS.map((stream) =>
      otlpLane({
        stream,
        batchItems: tools.batchItems ?? BATCH_ITEMS,
        post,
        encoding: settings.encoding,
        gzip: settings.gzip,
        identity,
        endpointOf: tools.endpointOf,
      }),
    ),
  };
}

function postOf(tools: SinkTools, url: string, headers: HttpPost['headers']): HttpPost {
  const { fetch, clock } = tools;
  return { fetch, clock, url, headers, timeoutMs: tools.timeoutMs ?? TIMEOUT_MS };
}

function baseOf(url: string): string {
  return url.replace(/\/+$/, '');
}
