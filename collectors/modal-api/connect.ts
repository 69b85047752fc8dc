import { CollectorError } from '../collector-error.ts';
import type { ControlPlane } from './control-plane.ts';

/** A token of Modal's API (`ak-…`/`as-…`), not of its web proxy (`wk-…`/`ws-…`). */
export interface ModalCredentials {
  readonly tokenId: string;
  readonly tokenSecret: string;
}

/**
 * Opens Modal's control plane with the optional package `modal`, which is loaded here and nowhere else,
 * so that a proxy without billing never pays for it. `MODAL_SERVER_URL` names another server.
 * No call goes out yet.
 * @throws CollectorError `not_installed` without the package, `auth` for credentials of the wrong kind.
 */
export async function connectModal(
  credentials: ModalCredentials,
  load: () => Promise<ModalPackage> = () => import('modal'),
): Promise<ControlPlane> {
  refuseProxyToken(credentials);
  const { ModalClient } = await loaded(load);
  try {
    return new ModalClient({ ...credentials, maxThrottleWaitSecs: 30, logger: SILENT }).cpClient;
  } catch (error) {
    throw new CollectorError('auth', `Modal's client refuses these settings: ${textOf(error)}`, {
      cause: error,
    });
  }
}

type ModalPackage = Pick<typeof import('modal'), 'ModalClient'>;

async function loaded(load: () => Promise<ModalPackage>): Promise<ModalPackage> {
  try {
    return await load();
  } catch (error) {
    throw new CollectorError(
      'not_installed',
      'pulling from Modal needs the optional package modal@0.11.1 ' +
        '(exactly: the tag "latest" of that name is another project); ' +
        'install it, or import the output of `modal billing report --json` instead',
      { cause: error },
    );
  }
}

function refuseProxyToken({ tokenId, tokenSecret }: ModalCredentials): void {
  if (tokenId.startsWith('wk-') || tokenSecret.startsWith('ws-')) {
    throw new CollectorError(
      'auth',
      'this is a proxy token (wk-…/ws-…), which can only call endpoints; ' +
        'the bill needs an API token (ak-…/as-…) from `modal token new`',
    );
  }
}

/** The package would write to standard error by itself; its failures reach us as errors anyway. */
const SILENT = { debug: ignore, info: ignore, warn: ignore, error: ignore };

function ignore(): void {
  // Nothing: see SILENT.
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
