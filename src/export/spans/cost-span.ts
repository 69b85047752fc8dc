import type { EndpointSettings } from '../../core/endpoint.ts';
import { costSpanIdOf, exportedTraceId, spanIdsOf } from '../../core/span-ids.ts';
import type { CostItem } from '../../ports/export-source.ts';
import { inUsd } from './request-attributes.ts';
import type { SpanRecord } from './span-record.ts';

/**
 * The final figures of a request under the same trace, sent when settlement or the bill sets them. It is
 * stamped with the request's start, so that money is charted when it was spent, not when it was known. A
 * later correction is another span; the sum of `cost.final.change_usd` stays the final cost.
 */
export function costSettledSpan(item: CostItem, endpoint: EndpointSettings | null): SpanRecord {
  const { request, change, position } = item;
  return {
    traceId: exportedTraceId(request.traceId),
    spanId: costSpanIdOf(request.id, position),
    parentSpanId: spanIdsOf(request.id).server,
    remoteParent: false,
    name: 'cost.settled',
    kind: 'internal',
    startedAt: request.startedAt,
    endedAt: request.startedAt + request.durationUs,
    status: 'unset',
    statusMessage: null,
    attributes: [
      {
        'tripmeter.span': 'cost.settled',
        'request.id': request.id,
        'request.operation': request.operation,
        'request.client': request.client,
        'request.outcome': request.outcome,
        'request.success': request.outcome === 'ok' ? 1 : 0,
        'modal.endpoint': request.endpoint,
        'modal.app': endpoint?.modalApp ?? null,
        'modal.gpu.type': endpoint?.gpu ?? null,
        'cost.attribution': request.attribution,
        'cost.price_id': request.priceId,
      },
      {
        'cost.final.state': change.state,
        'cost.final.change': position,
        'cost.final.exec_usd': inUsd(request.execNano),
        'cost.final.overhead_usd': inUsd(request.overheadNano),
        'cost.final.total_usd': inUsd(change.totalNano),
        'cost.final.change_usd': inUsd(change.totalNano - (change.previousNano ?? 0)),
      },
    ],
    tags: request.tags,
  };
}
