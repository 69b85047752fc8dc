import type { CliCommand } from './command.ts';
import { checkCommand } from './commands/check.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { initCommand } from './commands/init.ts';
import { pricesCommand } from './commands/prices.ts';
import { requestsCommand } from './commands/requests.ts';
import { serveCommand } from './commands/serve.ts';
import { spendCommand } from './commands/spend.ts';
import { statusCommand } from './commands/status.ts';
import { tailCommand } from './commands/tail.ts';
import { verifyCommand } from './commands/verify.ts';

/** Every command, in the order of `--help`. */
export const COMMANDS: readonly CliCommand[] = [
  initCommand,
  checkCommand,
  serveCommand,
  statusCommand,
  requestsCommand,
  tailCommand,
  spendCommand,
  pricesCommand,
  importCommand,
  exportCommand,
  verifyCommand,
];

/** What the first words of two-word commands stand for. */
export const COMMAND_GROUPS: Readonly<Record<string, string>> = {
  alerts: 'alerts: evaluate, list, acknowledge, silence, test',
  billing: "Modal's bill: import a file, or pull it",
  honeycomb: 'boards, queries and triggers in Honeycomb',
};
