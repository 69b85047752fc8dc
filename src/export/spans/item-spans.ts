import type { EndpointSettings } from '../../core/endpoint.ts';
import type { ExportItem } from '../../ports/export-source.ts';
import { alertSpan } from './alert-span.ts';
import { costSettledSpan } from './cost-span.ts';
import { requestSpans } from './request-spans.ts';
import type { SpanRecord } from './span-record.ts';

/** An endpoint as configured now; `null`: it is in the ledger and no longer in the configuration. */
export type EndpointOf = (name: string) => EndpointSettings | null;

export function itemSpans(item: ExportItem, endpointOf: EndpointOf): SpanRecord[] {
  switch (item.kind) {
    case 'request':
      return requestSpans(item.request, endpointOf(item.request.endpoint));
    case 'cost':
      return [costSettledSpan(item, endpointOf(item.request.endpoint))];
    case 'alert':
      return [alertSpan(item)];
  }
}
