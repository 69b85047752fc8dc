import { type Document, isPair, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { z } from 'zod';
import type { Config } from './config.ts';
import { crossChecks } from './cross-checks.ts';
import type { CrossProblem } from './cross-problem.ts';
import { knownKeys } from './known-keys.ts';
import { type Problem, problemsOf } from './problem.ts';
import { configSchema, type ParsedConfig } from './schema.ts';
import type { SecretSources } from './secret.ts';
import { toConfig } from './to-config.ts';

export interface ConfigText {
  readonly text: string;
  /** Absolute path, for messages and relative paths; `null` when the text came from the command line. */
  readonly file: string | null;
  readonly workingDir: string;
  readonly singleUpstream?: string | null;
  readonly secretSources: SecretSources;
}

export type LoadedConfig =
  | { readonly ok: true; readonly config: Config }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads a configuration. Every problem is reported at once, with its place, in the
 * order of the file. Does no IO of its own and never throws.
 */
export function loadConfig(source: ConfigText): LoadedConfig {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: false });
  const { repeated, broken } = syntaxProblems(document, lines);
  if (broken.length > 0) return { ok: false, problems: [...broken, ...repeated] };
  const written = plainValue(document);
  if (written instanceof Error) {
    const message = `not valid YAML: ${written.message}`;
    return { ok: false, problems: [{ message, path: '', line: 1, column: 1 }] };
  }
  const parsed = configSchema.safeParse(written, { reportInput: true });
  const issues = [...(parsed.error?.issues ?? []), ...crossChecks(written).map(customIssue)];
  const problems = [
    ...repeated,
    ...problemsOf(new z.ZodError(issues), document.contents, lines, knownKeys),
  ].sort((a, b) => a.line - b.line || a.column - b.column);
  if (!parsed.success) return { ok: false, problems };
  const config = configFrom(parsed.data, source);
  if (config instanceof Error) {
    const found = { message: config.message, path: 'ledger.postgres', line: 1, column: 1 };
    return { ok: false, problems: [found, ...problems] };
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, config };
}

function configFrom(parsed: ParsedConfig, source: ConfigText): Config | Error {
  const { file, workingDir, singleUpstream = null, secretSources } = source;
  try {
    return toConfig(parsed, { file, workingDir, singleUpstream, secretSources });
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** A file with a repeated key can be read on, and the rest of what is wrong with it told; a broken one cannot. */
function syntaxProblems(document: Document.Parsed, lines: LineCounter) {
  const repeated: Problem[] = [];
  const broken: Problem[] = [];
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    const { line, col: column } = lines.linePos(pos[0]);
    const place = { line, column };
    if (code === 'DUPLICATE_KEY') {
      const path = keyAt(document, pos[0]);
      repeated.push({ message: 'stands twice in its map; keep one', path, ...place });
    } else {
      broken.push({ message: `not valid YAML: ${message}`, path: '', ...place });
    }
  }
  return { repeated, broken };
}

/** The path of the key that begins at an offset of the text. */
function keyAt(document: Document.Parsed, offset: number): string {
  let path = '';
  visit(document, {
    Pair: (_place, { key }, ancestors) => {
      if (!isScalar(key) || key.range?.[0] !== offset) return undefined;
      const above = ancestors.flatMap((each) =>
        isPair(each) && isScalar(each.key) ? [String(each.key.value)] : [],
      );
      path = [...above, String(key.value)].join('.');
      return visit.BREAK;
    },
  });
  return path;
}

function customIssue({ path, message }: CrossProblem): z.core.$ZodIssue {
  return { code: 'custom', path: [...path], message, input: null };
}

/** Aliases that multiply without bound are refused by the parser, with an exception. */
function plainValue(document: Document.Parsed): unknown {
  try {
    return document.toJS() ?? {};
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}

/** `file:line:column: key: what is wrong`, a line for each problem. */
export function problemText(problems: readonly Problem[], file: string | null): string {
  const where = file ?? 'command line';
  return problems
    .map(
      ({ line, column, path, message }) =>
        `${where}:${line}:${column}: ${path === '' ? '' : `${path}: `}${message}`,
    )
    .join('\n');
}
