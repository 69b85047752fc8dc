import { CollectorError } from '../../collectors/collector-error.ts';
import type { Config } from '../config/config.ts';
import { hasModalToken } from '../wiring/modal-token.ts';
import { CliError, usageError } from './cli-error.ts';

/**
 * Asks Modal with the configured token. `otherwise`: what to do without one.
 * @throws CliError when there is no token, or when Modal does not answer as it should.
 */
export async function askModal<T>(
  config: Pick<Config, 'billing'>,
  { otherwise, ask }: { readonly otherwise: string; readonly ask: () => Promise<T> },
): Promise<T> {
  if (!hasModalToken(config)) {
    throw usageError(`no token of Modal: name one under billing.token (ak-…, as-…)${otherwise}`);
  }
  try {
    return await ask();
  } catch (error) {
    throw error instanceof CollectorError ? new CliError(error.message, { cause: error }) : error;
  }
}
