import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import type { Config } from './config.ts';
import { crossChecks } from './cross-checks.ts';
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

/** Reads a configuration. Every problem is reported at once, with its place. Does no IO of its own. */
export function loadConfig(source: ConfigText): LoadedConfig {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) {
    return { ok: false, problems: document.errors.map((error) => syntaxProblem(error, lines)) };
  }
  const parsed = configSchema.safeParse(document.toJS() ?? {}, { reportInput: true });
  const root = document.contents;
  if (!parsed.success) {
    return { ok: false, problems: problemsOf(parsed.error, root, lines, knownKeys) };
  }
  const crossed = crossChecks(parsed.data);
  if (crossed.length > 0) {
    const error = new z.ZodError(
      crossed.map((each) => ({
        code: 'custom' as const,
        path: [...each.path],
        message: each.message,
        input: null,
      })),
    );
    return { ok: false, problems: problemsOf(error, root, lines, knownKeys) };
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
