import type { AdminAccess } from '../api/admin-access.ts';
import type { Config } from '../config/config.ts';
import type { SecretReference } from '../config/secret.ts';
import { secretOf } from './secret-of.ts';

/** Who may use the admin port, as the configuration says. @throws Error when a secret is missing. */
export function adminAccessOf(config: Config): AdminAccess {
  const { publicUrl, token, telemetryToken } = config.adminAccess;
  const text = (reference: SecretReference | undefined) =>
    reference === undefined ? null : secretOf(config, reference);
  const names = [
    config.admin.host,
    ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname]),
  ];
  return {
    token: text(token),
    telemetryToken: text(telemetryToken),
    hosts: names.map((name) => name.toLowerCase()),
  };
}
