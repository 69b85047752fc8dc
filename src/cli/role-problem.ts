import type { Role } from '../app.ts';
import type { Config } from '../config/config.ts';

/** Why the configuration and the role do not go together; `null` when they do. */
export function roleProblem(config: Config, role: Role): string | null {
  if (role === 'all' && config.journals.length > 0) {
    return (
      'journals: with --role all an office takes in the journal of its own proxy only; run `serve --role proxy` ' +
      'on each machine and one `serve --role office` with `journals`, or remove the key'
    );
  }
  return null;
}
