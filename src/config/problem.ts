import { isMap, isScalar, type LineCounter, type Node, type Pair, type ParsedNode } from 'yaml';
import type { z } from 'zod';
import { nearestName } from '../core/nearest-name.ts';
import { issueMessage } from './issue-message.ts';

/** What is wrong with a configuration, and where. Lines and columns count from 1. */
export interface Problem {
  readonly message: string;
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** Turns zod's issues into problems that name file, line and remedy. */
export function problemsOf(
  error: z.ZodError,
  root: ParsedNode | null,
  lines: LineCounter,
  knownKeys: (path: readonly PropertyKey[]) => readonly string[],
): Problem[] {
  const problems = error.issues.flatMap((issue) => {
    if (issue.code !== 'unrecognized_keys') {
      return [located(issue.path, issueMessage(issue), { root, lines })];
    }
    return issue.keys.map((key) =>
      located([...issue.path, key], unknownKey(key, knownKeys(issue.path)), { root, lines }),
    );
  });
  return problems.sort((a, b) => a.line - b.line || a.column - b.column);
}

interface Source {
  readonly root: ParsedNode | null;
  readonly lines: LineCounter;
}

function located(path: readonly PropertyKey[], message: string, source: Source): Problem {
  const offset = offsetOf(path, source.root);
  const { line, col } = source.lines.linePos(offset);
  return {
    message,
    path: path.map(String).join('.'),
    line: Math.max(1, line),
    column: Math.max(1, col),
  };
}

/** Where the key of a path stands; of a key that is missing, where its parent does. */
function offsetOf(path: readonly PropertyKey[], root: ParsedNode | null): number {
  let node: Node | null = root;
  let offset = root?.range?.[0] ?? 0;
  for (const step of path) {
    const pair: Pair | undefined = isMap(node)
      ? node.items.find((each) => isScalar(each.key) && String(each.key.value) === String(step))
      : undefined;
    const next = pair?.value ?? childAt(node, step);
    const key = pair?.key as Node | undefined;
    if (next === null || next === undefined) return key?.range?.[0] ?? offset;
    node = next as Node;
    offset = key?.range?.[0] ?? node.range?.[0] ?? offset;
  }
  return offset;
}

function childAt(node: Node | null, step: PropertyKey): Node | null {
  const items = (node as { items?: unknown[] } | null)?.items;
  return typeof step === 'number' && items !== undefined ? ((items[step] as Node) ?? null) : null;
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearestName(key, known);
  if (near !== null) return `unknown key; did you mean ${near}?`;
  return known.length === 0 ? 'unknown key' : `unknown key; known here: ${known.join(', ')}`;
}
