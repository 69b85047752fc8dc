import type { CliCommand } from './command.ts';
import { alertsBacktestCommand } from './commands/alerts-backtest.ts';
import { alertsEvaluateCommand } from './commands/alerts-evaluate.ts';
import { alertsListCommand } from './commands/alerts-list.ts';
import {
  alertsAckCommand,
  alertsRetryCommand,
  alertsSilenceCommand,
} from './commands/alerts-mark.ts';
import { alertsTestCommand } from './commands/alerts-test.ts';
import { billingImportCommand } from './commands/billing-import.ts';
import { checkCommand } from './commands/check.ts';
import { exportCommand } from './commands/export.ts';
import {
  honeycombApplyCommand,
  honeycombDestroyCommand,
  honeycombExportCommand,
  honeycombPlanCommand,
} from './commands/honeycomb.ts';
import { importCommand } from './commands/import.ts';
import { initCommand } from './commands/init.ts';
import { pricesCommand } from './commands/prices.ts';
import { projectCommand } from './commands/project.ts';
import { reconcileCommand } from './commands/reconcile.ts';
import { requestsCommand } from './commands/requests.ts';
import { serveCommand } from './commands/serve.ts';
import { settleCommand } from './commands/settle.ts';
import { spendCommand } from './commands/spend.ts';
import { statusCommand } from './commands/status.ts';
import { tailCommand } from './commands/tail.ts';
import { verifyCommand } from './commands/verify.ts';
import { whatIfCommand } from './commands/whatif.ts';

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
  settleCommand,
  reconcileCommand,
  whatIfCommand,
  billingImportCommand,
  importCommand,
  exportCommand,
  alertsListCommand,
  alertsEvaluateCommand,
  alertsAckCommand,
  alertsSilenceCommand,
  alertsRetryCommand,
  alertsTestCommand,
  alertsBacktestCommand,
  projectCommand,
  honeycombPlanCommand,
  honeycombApplyCommand,
  honeycombDestroyCommand,
  honeycombExportCommand,
  verifyCommand,
];

/** What the first words of two-word commands stand for. */
export const COMMAND_GROUPS: Readonly<Record<string, string>> = {
  alerts: 'alerts: list, evaluate, acknowledge, silence, test, back-test',
  billing: "Modal's bill: import a file, or pull it",
  honeycomb: 'boards, queries and triggers in Honeycomb',
};
