import { connectModal, type ModalCredentials } from '../../collectors/modal-api/connect.ts';
import type { Config } from '../config/config.ts';
import { secretOf } from './secret-of.ts';

/** Whether the configuration names a token of Modal's API. */
export function hasModalToken({ billing }: Pick<Config, 'billing'>): boolean {
  return billing.token !== undefined;
}

/**
 * A way to Modal's control plane with the configured token. The package and the secrets are asked for at the
 * first call and not before.
 */
export function modalConnection(
  config: Pick<Config, 'billing' | 'secretSources'>,
): () => ReturnType<typeof connectModal> {
  const { billing } = config;
  return async () => {
    if (billing.token === undefined) {
      throw new Error('no token of Modal is configured; name one under billing.token');
    }
    const { id, secret } = billing.token;
    const credentials: ModalCredentials = {
      tokenId: secretOf(config, id),
      tokenSecret: secretOf(config, secret),
    };
    return await connectModal(credentials);
  };
}
