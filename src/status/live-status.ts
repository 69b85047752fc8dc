import type { Status } from './status.ts';

/** What the running service says, or why it says nothing. */
export type LiveStatus =
  | { readonly status: Status; readonly problem: null }
  | { readonly status: null; readonly problem: string };

/** Its first answer replays a month of requests. */
const ANSWER_MS = 5_000;

/** Asks once, at the admin port: the running service knows more than the ledger. Never rejects. */
export async function liveStatus(
  origin: string,
  {
    headers = {},
    answerMs = ANSWER_MS,
  }: { readonly headers?: Record<string, string>; readonly answerMs?: number } = {},
): Promise<LiveStatus> {
  const place = `${origin}/api/v1/status`;
  try {
    const response = await fetch(place, { headers, signal: AbortSignal.timeout(answerMs) });
    if (!response.ok) return unanswered(`${place} answers HTTP ${response.status}`);
    const body: unknown = await response.json();
    return isStatus(body)
      ? { status: body, problem: null }
      : unanswered(`what answers at ${place} is not this version of tripmeter`);
  } catch (error) {
    if (error instanceof SyntaxError) return unanswered(`what answers at ${place} is no JSON`);
    return error instanceof Error && error.name === 'TimeoutError'
      ? unanswered(`slow: no answer from ${place} within ${answerMs / 1_000} s`)
      : unanswered(`not reachable at ${origin}`);
  }
}

function unanswered(problem: string): LiveStatus {
  return { status: null, problem };
}

/** Another program may listen there. Only what a reader rests on is looked at. */
function isStatus(body: unknown): body is Status {
  if (typeof body !== 'object' || body === null) return false;
  const parts = body as Record<string, unknown>;
  const has = (part: unknown, key: string) =>
    typeof part === 'object' && part !== null && key in part;
  return (
    has(parts.spend, 'usd') &&
    has(parts.spend, 'lines') &&
    has(parts.decision, 'recommendation') &&
    has(parts.journal, 'segments') &&
    (parts.health === null || has(parts.health, 'problems')) &&
    ['alerts', 'triggers', 'emergencies', 'export'].every((key) => Array.isArray(parts[key]))
  );
}
