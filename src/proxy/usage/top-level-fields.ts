/**
 * Some top-level fields of a JSON object, without parsing the rest: only brackets and quotes are visited.
 * Nested fields of the same name are not mistaken for them. What is malformed is left out.
 */
export function topLevelFields(json: string, wanted: ReadonlySet<string>): Record<string, unknown> {
  const found: Record<string, unknown> = {};
  let depth = 0;
  for (let at = nextMark(json, 0); at >= 0; ) {
    let next = at + 1;
    if (json[at] === '"') {
      const end = stringEnd(json, at);
      next = depth === 1 && end > 0 ? readField(json, { start: at, end }, wanted, found) : end + 1;
    } else {
      depth += isOpening(json[at]) ? 1 : -1;
    }
    at = next > 0 ? nextMark(json, next) : -1;
  }
  return found;
}

/** @returns where to go on: behind the value when the field was wanted, else behind the string. */
function readField(
  json: string,
  key: { readonly start: number; readonly end: number },
  wanted: ReadonlySet<string>,
  found: Record<string, unknown>,
): number {
  const name = json.slice(key.start + 1, key.end);
  const colon = /\s*:\s*/y;
  colon.lastIndex = key.end + 1;
  if (!wanted.has(name) || !colon.test(json)) {
    return key.end + 1;
  }
  const start = colon.lastIndex;
  const end = valueEnd(json, start);
  try {
    found[name] = JSON.parse(json.slice(start, end));
  } catch {
    // Not a value after all, or cut off: unknown.
  }
  return end;
}

function valueEnd(json: string, start: number): number {
  const first = json[start];
  if (first === '"') {
    const end = stringEnd(json, start);
    return end < 0 ? json.length : end + 1;
  }
  if (first !== '{' && first !== '[') {
    const plain = /[^,}\]\s]*/y;
    plain.lastIndex = start;
    plain.test(json);
    return plain.lastIndex;
  }
  return bracketEnd(json, start);
}

function bracketEnd(json: string, start: number): number {
  let depth = 0;
  for (let at = start; at >= 0; ) {
    let next = at + 1;
    if (json[at] === '"') {
      next = stringEnd(json, at) + 1;
    } else {
      depth += isOpening(json[at]) ? 1 : -1;
    }
    if (depth === 0) {
      return next;
    }
    at = next > 0 ? nextMark(json, next) : -1;
  }
  return json.length;
}

const MARK = /["{}[\]]/g;

function nextMark(json: string, from: number): number {
  MARK.lastIndex = from;
  return MARK.exec(json)?.index ?? -1;
}

function isOpening(mark: string | undefined): boolean {
  return mark === '{' || mark === '[';
}

/** Index of the closing quote of the string that opens at `start`, -1 when it does not close. */
function stringEnd(json: string, start: number): number {
  let end = json.indexOf('"', start + 1);
  while (end >= 0 && isEscaped(json, end)) {
    end = json.indexOf('"', end + 1);
  }
  return end;
}

function isEscaped(json: string, at: number): boolean {
  let backslashes = 0;
  while (json.charCodeAt(at - 1 - backslashes) === 0x5c) {
    backslashes += 1;
  }
  return backslashes % 2 === 1;
}
