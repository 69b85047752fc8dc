import { type LoadedConfig, loadConfig, problemText } from '../../../src/config/load-config.ts';

const FILE = '/etc/tripmeter/tripmeter.yaml';

/** Loads a text as if it stood in `FILE`. */
export function load(
  text: string,
  env: Record<string, string> = {},
  files: Record<string, string> = {},
): LoadedConfig {
  const readFile = (path: string): string => {
    const content = files[path];
    if (content === undefined) throw new Error('ENOENT');
    return content;
  };
  return loadConfig({
    text,
    file: FILE,
    workingDir: '/elsewhere',
    secretSources: { env, readFile },
  });
}

/** The configuration of a text that has to be valid. */
export function configOf(text: string, env: Record<string, string> = {}) {
  const loaded = load(text, env);
  if (!loaded.ok) throw new Error(problemText(loaded.problems, FILE));
  return loaded.config;
}

/** `line:column path: message` for each problem, in the order reported. */
export function problemsOf(text: string, env: Record<string, string> = {}): string[] {
  const loaded = load(text, env);
  if (loaded.ok) return [];
  return loaded.problems.map(
    ({ line, column, path, message }) => `${line}:${column} ${path}: ${message}`,
  );
}

export const ENDPOINT =
  'endpoints: { generate: { upstream: https://ws--generate.modal.run, gpu: L40S } }\n';
