import type { Config, NamedSecret } from './config.ts';
import { resolveSecret } from './secret.ts';

/** The part of the service that a process runs. */
export type SecretsOf = 'all' | 'proxy' | 'office';

/** What is wrong with a secret, `null` when it can be read. Never its text. */
export function secretProblem(config: Config, { reference }: NamedSecret): string | null {
  try {
    resolveSecret(reference, config.secretSources);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * `key: what is wrong` for each secret that the role needs and that is not there. A service that starts
 * without one would fail at the first request, or at the first alarm.
 */
export function missingSecrets(config: Config, role: SecretsOf): string[] {
  return config.secrets
    .filter(({ path }) => isNeeded(path, role))
    .flatMap((secret) => {
      const problem = secretProblem(config, secret);
      return problem === null ? [] : [`${secret.path}: ${problem}`];
    });
}

function isNeeded(path: string, role: SecretsOf): boolean {
  if (path === 'export.honeycomb.configurationKey') return false;
  if (path.startsWith('ledger.')) return role !== 'proxy';
  return role === 'all' || (role === 'proxy') === /^(endpoints|clients)\./.test(path);
}
