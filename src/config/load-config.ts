import { type Document, LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Config } from './config.ts';
import { crossChecks } from './cross-checks.ts';
import type { CrossProblem } from './cross-problem.ts';
import { knownKeys } from './known-keys.ts';
import { type Problem, problemsOf } from './problem.ts';
import { configSchema } from './schema.ts';
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
  const broken = [...document.errors, ...document.warnings];
  if (broken.length > 0) {
    return { ok: false, problems: broken.map((error) => syntaxProblem(error, lines)) };
  }
  const written = plainValue(document);
  if (written instanceof Error) {
    const message = `not valid YAML: ${written.message}`;
    return { ok: false, problems: [{ message, path: '', line: 1, column: 1 }] };
  }
  const parsed = configSchema.safeParse(written, { reportInput: true });
  const issues = [...(parsed.error?.issues ?? []), ...crossChecks(written).map(customIssue)];
  if (!parsed.success || issues.length > 0) {
    const error = new z.ZodError(issues);
    return { ok: false, problems: problemsOf(error, document.contents, lines, knownKeys) };
  }
  try {
    const { file, workingDir, singleUpstream = null, secretSources } = source;
    return {
      ok: true,
      config: toConfig(parsed.data, { file, workingDir, singleUpstream, secretSources }),
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, problems: [{ message, path: 'ledger.postgres', line: 1, column: 1 }] };
  }
}

function syntaxProblem(
  error: { message: string; pos: [number, number] },
  lines: LineCounter,
): Problem {
  const { line, col } = lines.linePos(error.pos[0]);
  return { message: `not valid YAML: ${error.message}`, path: '', line, column: col };
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
