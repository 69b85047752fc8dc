/**
 * Honeycomb cannot list queries, so the annotation of each of ours ends in a stamp: whose it is, which panel
 * it belongs to, and the hash of what it asks. Nothing has to be remembered elsewhere.
 */
export interface QueryStamp {
  /** `board/panel`. */
  readonly panel: string;
  readonly hash: string;
}

const STAMP = /\s*\[tripmeter ([a-z0-9-]+\/[a-z0-9-]+) ([0-9a-f]{16})\]$/;
const DESCRIPTION_CHARACTERS = 1_023;

export function stamped(about: string, { panel, hash }: QueryStamp): string {
  const stamp = `\n[tripmeter ${panel} ${hash}]`;
  return about.slice(0, DESCRIPTION_CHARACTERS - stamp.length) + stamp;
}

/** The stamp and the text before it; `null`: the annotation is not ours. */
export function readStamp(description: string): { stamp: QueryStamp; about: string } | null {
  const match = STAMP.exec(description);
  const [, panel, hash] = match ?? [];
  if (match === null || panel === undefined || hash === undefined) return null;
  return { stamp: { panel, hash }, about: description.slice(0, match.index) };
}
