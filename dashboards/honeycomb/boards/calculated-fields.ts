import type { CalculatedFieldDefinition } from './definition.ts';

/** Columns that Honeycomb calculates from an event's own columns. */
export const CALCULATED_FIELDS: readonly CalculatedFieldDefinition[] = [
  {
    alias: 'tripmeter.failed',
    expression: 'IF(EXISTS($request.outcome), IF(EQUALS($request.outcome, "ok"), 0, 1))',
    about: '1 for a request whose outcome is not ok, 0 for one whose is, nothing for other spans.',
  },
  {
    alias: 'tripmeter.failed_paid_usd',
    expression:
      'IF(AND(EQUALS($request.success, 0), EQUALS($request.paid, "yes")), $cost.total_usd)',
    about: 'Dollars of a request that failed and used GPU time.',
  },
  {
    alias: 'tripmeter.tokens_per_second',
    expression:
      'IF(GT(SUB($duration_ms, $request.first_token_ms), 0), ' +
      'DIV($gen_ai.usage.output_tokens, DIV(SUB($duration_ms, $request.first_token_ms), 1000)))',
    about: 'Generated tokens over the seconds from the first token to the end.',
  },
  {
    alias: 'tripmeter.wait_ms',
    expression: 'IF(EXISTS($modal.generation_ms), SUB($duration_ms, $modal.generation_ms))',
    about: 'Milliseconds outside generation: queue, cold start and network.',
  },
  {
    alias: 'tripmeter.sli_answered',
    expression:
      'IF(EQUALS($proxy.request, true), NOT(IN($request.outcome, ' +
      '"upstream_error", "app_error", "upstream_reset", "upstream_timeout", "connect_failed")))',
    about: 'True for a request that Modal answered without a failure of its own.',
  },
];
