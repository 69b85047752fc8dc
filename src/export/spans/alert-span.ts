import { hashedSpanId, hashedTraceId } from '../../core/span-ids.ts';
import { MICROS_PER_SECOND, NANO_PER_USD } from '../../core/units.ts';
import type { Unit } from '../../core/verdict.ts';
import type { AlertItem } from '../../ports/export-source.ts';
import { inUsd } from './request-attributes.ts';
import type { SpanRecord } from './span-record.ts';

/** One evaluation of one rule: what a trigger in the backend mirrors. A span without length, and alone. */
export function alertSpan({ event, position }: AlertItem): SpanRecord {
  const identity = `alert/${position}/${event.at}/${event.rule}/${event.subject}`;
  const unit = SHOWN_UNITS[event.unit];
  const shown = (value: number | null) => (value === null ? null : value / unit.size);
  return {
    traceId: hashedTraceId(identity),
    spanId: hashedSpanId(identity),
    parentSpanId: null,
    remoteParent: false,
    name: 'alert.evaluation',
    kind: 'internal',
    startedAt: event.at,
    endedAt: event.at,
    status: 'unset',
    statusMessage: null,
    attributes: [
      {
        'tripmeter.span': 'alert',
        'alert.name': event.rule,
        'alert.subject': event.subject,
        'alert.period': event.period,
        'alert.state': event.state,
        'alert.firing': event.firing ? 1 : 0,
        'alert.value': shown(event.value),
        'alert.threshold': shown(event.threshold),
        'alert.unit': unit.name,
        'alert.reason': event.reason,
        'cost.mtd_usd': inUsd(event.monthNano),
      },
    ],
    tags: null,
  };
}

const SHOWN_UNITS: Readonly<Record<Unit, { readonly name: string; readonly size: number }>> = {
  nano_usd: { name: 'usd', size: NANO_PER_USD },
  us: { name: 's', size: MICROS_PER_SECOND },
  bytes: { name: 'bytes', size: 1 },
  requests: { name: 'requests', size: 1 },
  count: { name: 'count', size: 1 },
  ratio: { name: 'ratio', size: 1 },
};
