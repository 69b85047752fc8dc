import { columnName, type FileProblem, type RawRow } from './raw-row.ts';

/** The rows of `modal billing report --json`: an array of flat objects. */
export function rowsOfJson(text: string): RawRow[] | FileProblem {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return syntaxProblem(error);
  }
  if (!Array.isArray(value)) {
    return {
      line: 1,
      message: 'expected a JSON array, as `modal billing report --json` writes it',
    };
  }
  const lines = elementLines(text);
  const rows = value.map((row: unknown, index) => rawRow(row, lines[index] ?? 1));
  const broken = rows.indexOf(null);
  return broken === -1
    ? rows.filter((row) => row !== null)
    : { line: lines[broken] ?? 1, message: 'expected an object for each row' };
}

function rawRow(row: unknown, line: number): RawRow | null {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) {
    return null;
  }
  const fields = Object.entries(row).map(([key, value]) => [columnName(key), value] as const);
  return { line, fields: Object.fromEntries(fields) };
}

/** V8 ends its message with `(line 3 column 5)`. */
function syntaxProblem(error: unknown): FileProblem {
  const message = error instanceof Error ? error.message : String(error);
  const line = Number(/\(line (\d+) column \d+\)/.exec(message)?.[1] ?? 1);
  return { line, message: `not JSON: ${message}` };
}

/** The line on which each element of a well-formed array starts: `JSON.parse` forgets positions. */
function elementLines(text: string): number[] {
  const lines: number[] = [];
  let line = 1;
  let depth = 0;
  let expecting = false;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},\n]|[^\s[\]{},"]+/g)) {
    if (token === '\n') {
      line += 1;
      continue;
    }
    if (expecting && token !== ']') {
      lines.push(line);
    }
    depth += depthChange(token);
    expecting = depth === 1 && (token === ',' || token === '[');
  }
  return lines;
}

function depthChange(token: string): number {
  if (token === '[' || token === '{') {
    return 1;
  }
  return token === ']' || token === '}' ? -1 : 0;
}
