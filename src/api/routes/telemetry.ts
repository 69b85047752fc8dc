import { z } from 'zod';
import { receiveMetrics } from '../../../collectors/modal-telemetry/receive-metrics.ts';
import type { Log } from '../../ports/log.ts';
import { type Route, route } from '../route.ts';

/** Modal pushes its container metrics here: OTLP/HTTP, protobuf or JSON. */
export function telemetryRoutes(log: Log): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/metrics',
      summary: "OTLP/HTTP receiver for Modal's pushed metrics.",
      query: z.looseObject({}),
      response: z.looseObject({}),
      handle: async (_query, { headers, body }) => {
        const header = (name: string) => String(headers[name] ?? '');
        const received = receiveMetrics(header('content-type'), header('content-encoding'), body);
        log.debug({ facts: received.facts.length }, "Modal's metrics arrived");
        const { status, type, body: reply } = received.reply;
        return { status, contentType: type, body: reply };
      },
    }),
  ];
}
