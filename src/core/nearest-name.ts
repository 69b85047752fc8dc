/** What somebody who wrote `written` may have meant; `null` when nothing known is near. */
export function nearestName(written: string, known: readonly string[]): string | null {
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(written, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0];
  if (near === undefined || near.distance > Math.max(2, written.length / 3)) return null;
  return near.candidate;
}

/** Levenshtein distance without regard to case. */
function editDistance(one: string, two: string): number {
  const target = two.toLowerCase();
  let row = Array.from({ length: target.length + 1 }, (_, index) => index);
  for (const [i, letter] of [...one.toLowerCase()].entries()) {
    const next = [i + 1];
    for (let j = 0; j < target.length; j += 1) {
      const substitution = (row[j] ?? 0) + (letter === target[j] ? 0 : 1);
      next.push(Math.min(substitution, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return row[target.length] ?? 0;
}
