import type { Config } from '../config/config.ts';
import { resolveSecret, type SecretReference } from '../config/secret.ts';

/** The text of a secret that the configuration names. @throws Error when there is no such secret. */
export function secretOf(
  { secretSources }: Pick<Config, 'secretSources'>,
  reference: SecretReference,
): string {
  return resolveSecret(reference, secretSources).reveal();
}
