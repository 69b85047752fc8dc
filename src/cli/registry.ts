import type { CliCommand } from './command.ts';
import { exportCommand } from './commands/export.ts';
import { importCommand } from './commands/import.ts';
import { pricesCommand } from './commands/prices.ts';
import { requestsCommand } from './commands/requests.ts';
import { spendCommand } from './commands/spend.ts';
import { tailCommand } from './commands/tail.ts';
import { verifyCommand } from './commands/verify.ts';

/** Every command, in the order of `--help`. */
export const COMMANDS: readonly CliCommand[] = [
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
