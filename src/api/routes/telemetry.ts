import { z } from 'zod';
import type { ContainerFact } from '../../ports/collector.ts';
import type { Log } from '../../ports/log.ts';
import { problem } from '../problem.ts';
import { type Route, route } from '../route.ts';

/**
 * Modal pushes its container metrics here: OTLP/HTTP, protobuf or JSON. `store` keeps them; while it cannot, the
 * sender is told to come again, and what it then sends twice counts once.
 */
export function telemetryRoutes(
  store: (facts: readonly ContainerFact[]) => Promise<unknown>,
  log: Log,
): readonly Route[] {
  return [
    route({
      method: 'POST',
      path: '/v1/metrics',
      summary: "OTLP/HTTP receiver for Modal's pushed metrics.",
      query: z.looseObject({}),
      response: z.looseObject({}),
      handle: async (_query, { headers, body }) => {
        // Most installations are pushed nothing: the decoder comes with the first push.
        const { receiveMetrics } = await import(
          '../../../collectors/modal-telemetry/receive-metrics.ts'
        );
        const header = (name: string) => String(headers[name] ?? '');
        const received = receiveMetrics(header('content-type'), header('content-encoding'), body);
        const { status, type, body: reply } = received.reply;
        try {
          // What was refused is refused for good: it must not be sent again because the ledger is away.
          if (received.facts.length > 0) await store(received.facts);
        } catch (error) {
          log.error({ err: error }, "Modal's metrics could not be stored");
          return problem(503, 'the ledger does not take it now; send it again');
        }
        return { status, contentType: type, body: reply };
      },
    }),
  ];
}
