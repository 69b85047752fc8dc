import type { AdminAccess } from '../api/admin-access.ts';
import type { Config } from '../config/config.ts';
import { resolveSecret, type SecretReference } from '../config/secret.ts';

/** Who may use the admin port, as the configuration says. @throws Error when a secret is missing. */
export function adminAccessOf(config: Config): AdminAccess {
  const { publicUrl, token, telemetryToken } = config.adminAccess;
  const text = (reference: SecretReference | undefined) =>
    reference === undefined ? null : resolveSecret(reference, config.secretSources).reveal();
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
