import { existsSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { stringify } from 'yaml';
import type { Config } from './config.ts';
import { type ConfigText, loadConfig, problemText } from './load-config.ts';
import type { SecretSources } from './secret.ts';

export interface ConfigChoice {
  /** `--config`. */
  readonly file: string | null;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly workingDir: string;
  /** `serve --upstream URL --gpu L40S`: no file is needed. */
  readonly upstream?: string | undefined;
  readonly gpu?: string | undefined;
  readonly listen?: string | undefined;
  readonly adminListen?: string | undefined;
  readonly dataDir?: string | undefined;
}

export type ConfigFile =
  | { readonly ok: true; readonly config: Config; readonly source: ConfigText }
  | { readonly ok: false; readonly problems: string };

/** Flags that stand for a configuration file, and what they are called in one. */
const UPSTREAM_FLAGS = {
  gpu: { option: '--gpu', key: 'endpoints.NAME.gpu' },
  listen: { option: '--listen', key: 'listen' },
  adminListen: { option: '--admin-listen', key: 'admin.listen' },
  dataDir: { option: '--data-dir', key: 'dataDir' },
} as const;

/** `--config`, else `./tripmeter.yaml`, else `$TRIPMETER_CONFIG`. */
export function loadConfigFile(choice: ConfigChoice): ConfigFile {
  const source = choice.upstream === undefined ? fileSource(choice) : flagSource(choice);
  if (typeof source === 'string') return { ok: false, problems: source };
  const loaded = loadConfig(source);
  if (!loaded.ok) return { ok: false, problems: problemText(loaded.problems, source.file) };
  return { ok: true, config: loaded.config, source };
}

function fileSource(choice: ConfigChoice): ConfigText | string {
  const flag = (Object.keys(UPSTREAM_FLAGS) as (keyof typeof UPSTREAM_FLAGS)[]).find(
    (name) => choice[name] !== undefined,
  );
  if (flag !== undefined) {
    const { option, key } = UPSTREAM_FLAGS[flag];
    return `${option} goes with --upstream; with a configuration file, set \`${key}\` there`;
  }
  const named = choice.file === null ? null : resolve(choice.workingDir, choice.file);
  const usual = resolve(choice.workingDir, 'tripmeter.yaml');
  const fromEnv = choice.env.TRIPMETER_CONFIG;
  const file =
    named ?? (existsSync(usual) || !fromEnv ? usual : resolve(choice.workingDir, fromEnv));
  try {
    return { text: readFileSync(file, 'utf8'), file, ...surroundings(choice, file) };
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    const remedy =
      'write one with `tripmeter init`, or name one with --config FILE ' +
      '(`tripmeter serve --upstream URL --gpu TYPE` needs none)';
    return code === 'ENOENT'
      ? `there is no ${file}; ${remedy}`
      : `${file} cannot be read (${code})`;
  }
}

function flagSource(choice: ConfigChoice): ConfigText | string {
  if (choice.file !== null) return '--upstream and --config exclude each other';
  if (choice.gpu === undefined)
    return '--upstream needs --gpu TYPE, e.g. --gpu L40S (or --gpu none)';
  const text = stringify({
    ...(choice.listen === undefined ? {} : { listen: choice.listen }),
    ...(choice.adminListen === undefined ? {} : { admin: { listen: choice.adminListen } }),
    ...(choice.dataDir === undefined ? {} : { dataDir: choice.dataDir }),
    endpoints: { default: { upstream: choice.upstream, gpu: choice.gpu } },
  });
  return { text, file: null, singleUpstream: 'default', ...surroundings(choice, null) };
}

function surroundings({ env, workingDir }: ConfigChoice, file: string | null) {
  return { workingDir, secretSources: fileSecrets(env, { file, workingDir }) };
}

/** Secrets from an environment and from files, whose relative paths count from the configuration's folder. */
export function fileSecrets(
  env: SecretSources['env'],
  { file, workingDir }: Pick<ConfigText, 'file' | 'workingDir'>,
): SecretSources {
  const base = file === null ? workingDir : dirname(file);
  return { env, readFile: (path) => readFileSync(resolve(base, path), 'utf8') };
}
