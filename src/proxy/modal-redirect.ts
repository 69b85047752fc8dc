/** Modal follows a call for 20 redirects. */
export const MAX_HOPS = 20;
const PARAMETER = '__modal_function_call_id=';

/** The call's id in a URL's query, `null` when there is none. */
export function functionCallIdIn(url: string): string | null {
  const at = url.indexOf(PARAMETER);
  const before = url.charCodeAt(at - 1);
  if (at < 1 || (before !== 0x3f && before !== 0x26)) {
    return null;
  }
  const match = /^[A-Za-z0-9_-]{1,64}/.exec(url.slice(at + PARAMETER.length));
  return match?.[0] ?? null;
}
