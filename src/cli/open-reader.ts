import { existsSync } from 'node:fs';
import type { Config } from '../config/config.ts';
import { loadConfigFile } from '../config/load-config-file.ts';
import { type Ledger, openLedger } from '../ledger/open-ledger.ts';
import { CliError, messageOf, usageError } from './cli-error.ts';
import type { Invocation } from './command.ts';

/** @throws CliError with exit code 2 and every problem of the configuration. */
export function configOf({ configFile, context }: Invocation): Config {
  const { env, workingDir } = context;
  const loaded = loadConfigFile({ file: configFile, env, workingDir });
  if (!loaded.ok) throw usageError(loaded.problems);
  return loaded.config;
}

export interface Reader {
  readonly config: Config;
  readonly ledger: Ledger;
}

/** What flags mean, read before the ledger is opened: bad usage is that with no ledger as well. @throws CliError */
type FlagsOf<Flags> = (config: Config) => Flags;

/**
 * Lends the ledger for reading, beside whoever writes it, and closes it afterwards.
 * @throws CliError when there is none yet.
 */
export async function withReader<T, Flags = void>(
  invocation: Invocation,
  work: (reader: Reader, flags: Flags) => Promise<T>,
  flagsOf: FlagsOf<Flags> = () => undefined as Flags,
): Promise<T> {
  const config = configOf(invocation);
  const flags = flagsOf(config);
  const ledger = await openReader(config);
  try {
    return await work({ config, ledger }, flags);
  } finally {
    await ledger.close();
  }
}

/**
 * Lends the ledger for a small change beside the running service, and closes it afterwards.
 * @throws CliError when there is none yet.
 */
export async function withWriter<T, Flags = void>(
  invocation: Invocation,
  work: (reader: Reader, flags: Flags) => Promise<T>,
  flagsOf: FlagsOf<Flags> = () => undefined as Flags,
): Promise<T> {
  const config = configOf(invocation);
  const flags = flagsOf(config);
  const reader = await openReader(config);
  await reader.close();
  const ledger = await openLedger(config.ledger);
  try {
    return await work({ config, ledger }, flags);
  } finally {
    await ledger.close();
  }
}

async function openReader({ ledger, dataDir }: Config): Promise<Ledger> {
  if (ledger.kind === 'sqlite' && !existsSync(ledger.file)) {
    throw new CliError(
      `no ledger in ${dataDir}: has \`tripmeter serve\` run? If it has, run this with its --config, ` +
        'or check dataDir there',
    );
  }
  try {
    return await openLedger({ ...ledger, readOnly: true });
  } catch (error) {
    throw new CliError(messageOf(error), { cause: error });
  }
}
