import type { ListedCommand } from './command.ts';

/**
 * Every command, in the order of `--help`. A command's own file is loaded when the command line names it, so
 * that a small command does not wait for what a large one needs. What is said of it here is what its file
 * says; a test compares them.
 */
export const COMMANDS: readonly ListedCommand[] = [
  {
    name: 'init',
    usage: '[options]',
    summary: 'write a commented tripmeter.yaml to start from',
    load: async () => (await import('./commands/init.ts')).initCommand,
  },
  {
    name: 'check',
    usage: '[options]',
    summary: 'show the effective configuration, and try it without waking a GPU',
    load: async () => (await import('./commands/check.ts')).checkCommand,
  },
  {
    name: 'serve',
    usage: '[options]',
    summary: 'run the proxy and everything behind it',
    load: async () => (await import('./commands/serve.ts')).serveCommand,
  },
  {
    name: 'status',
    usage: '[options]',
    summary: 'this month, the alerts, the triggers, the verdict',
    load: async () => (await import('./commands/status.ts')).statusCommand,
  },
  {
    name: 'requests',
    usage: '[options]',
    summary: 'list requests, newest first',
    load: async () => (await import('./commands/requests.ts')).requestsCommand,
  },
  {
    name: 'tail',
    usage: '[options]',
    summary: 'follow requests as they finish',
    load: async () => (await import('./commands/tail.ts')).tailCommand,
  },
  {
    name: 'spend',
    usage: '[options]',
    summary: 'dollars of a month, and where they went',
    load: async () => (await import('./commands/spend.ts')).spendCommand,
  },
  {
    name: 'prices',
    usage: '[options]',
    summary: 'prices by resource, region and model, with their sources',
    load: async () => (await import('./commands/prices.ts')).pricesCommand,
  },
  {
    name: 'settle',
    usage: '[options]',
    summary: 'turn closed requests into container time and dollars now',
    load: async () => (await import('./commands/settle.ts')).settleCommand,
  },
  {
    name: 'reconcile',
    usage: '[options]',
    summary: "compare a month with Modal's bill, and say why they differ",
    load: async () => (await import('./commands/reconcile.ts')).reconcileCommand,
  },
  {
    name: 'whatif',
    usage: '[options]',
    summary: 'what the past would have cost under other settings',
    load: async () => (await import('./commands/whatif.ts')).whatIfCommand,
  },
  {
    name: 'report',
    usage: '[options]',
    summary: 'the weekly report: stay or move, why, what it cost, what to change',
    load: async () => (await import('./commands/report.ts')).reportCommand,
  },
  {
    name: 'billing import',
    usage: '[options] <file>',
    summary: "take a file of Modal's billing report (CSV or JSON) for the bill",
    load: async () => (await import('./commands/billing-import.ts')).billingImportCommand,
  },
  {
    name: 'billing pull',
    usage: '[options]',
    summary: 'ask Modal for its bill now, and compare it (needs billing.token)',
    load: async () => (await import('./commands/billing-pull.ts')).billingPullCommand,
  },
  {
    name: 'containers pull',
    usage: '[options]',
    summary: 'ask Modal when containers started and ended, and settle by it (needs billing.token)',
    load: async () => (await import('./commands/containers-pull.ts')).containersPullCommand,
  },
  {
    name: 'import',
    usage: '[options] <file>',
    summary: 'add requests from a file; the same file twice changes nothing',
    load: async () => (await import('./commands/import.ts')).importCommand,
  },
  {
    name: 'export',
    usage: '[options]',
    summary: 'write every finished request as JSON lines, CSV or Parquet',
    load: async () => (await import('./commands/export.ts')).exportCommand,
  },
  {
    name: 'alerts list',
    usage: '[options]',
    summary: 'notices, newest first, and how their deliveries stand',
    load: async () => (await import('./commands/alerts-list.ts')).alertsListCommand,
  },
  {
    name: 'alerts evaluate',
    usage: '[options]',
    summary: 'evaluate every rule, now or at another time',
    load: async () => (await import('./commands/alerts-evaluate.ts')).alertsEvaluateCommand,
  },
  {
    name: 'alerts ack',
    usage: '[options] <key>',
    summary: 'mark a notice as seen; its key is in `alerts list`',
    load: async () => (await import('./commands/alerts-mark.ts')).alertsAckCommand,
  },
  {
    name: 'alerts silence',
    usage: '[options] <rule>',
    summary: 'hold back the notices of a rule, e.g. `budget.*`, for a while',
    load: async () => (await import('./commands/alerts-mark.ts')).alertsSilenceCommand,
  },
  {
    name: 'alerts retry',
    usage: '[options]',
    summary: 'try again to deliver what was given up',
    load: async () => (await import('./commands/alerts-mark.ts')).alertsRetryCommand,
  },
  {
    name: 'alerts test',
    usage: '[options] <channel>',
    summary: 'send a marked message through a channel, now',
    load: async () => (await import('./commands/alerts-test.ts')).alertsTestCommand,
  },
  {
    name: 'alerts backtest',
    usage: '[options]',
    summary: 'what would have been told in a past period, and how good the forecast was',
    load: async () => (await import('./commands/alerts-backtest.ts')).alertsBacktestCommand,
  },
  {
    name: 'project',
    usage: '[options]',
    summary: 'what Modal and the multi-cloud cost at a volume, break-even, payback',
    load: async () => (await import('./commands/project.ts')).projectCommand,
  },
  {
    name: 'honeycomb plan',
    usage: '[options]',
    summary: 'what `honeycomb apply` would change, hand edits included',
    load: async () => (await import('./commands/honeycomb.ts')).honeycombPlanCommand,
  },
  {
    name: 'honeycomb apply',
    usage: '[options]',
    summary: 'make boards, fields, triggers and recipients as the code says',
    load: async () => (await import('./commands/honeycomb.ts')).honeycombApplyCommand,
  },
  {
    name: 'honeycomb destroy',
    usage: '[options]',
    summary: 'remove what `honeycomb apply` made; data, columns and recipients stay',
    load: async () => (await import('./commands/honeycomb.ts')).honeycombDestroyCommand,
  },
  {
    name: 'honeycomb export',
    usage: '[options]',
    summary: 'print the same objects as Terraform resources of the honeycombio provider',
    load: async () => (await import('./commands/honeycomb.ts')).honeycombExportCommand,
  },
  {
    name: 'verify',
    usage: '[options]',
    summary: 'check that the ledger is sound; exit code 1 when it is not',
    load: async () => (await import('./commands/verify.ts')).verifyCommand,
  },
];

/** What the first words of two-word commands stand for. */
export const COMMAND_GROUPS: Readonly<Record<string, string>> = {
  alerts: 'alerts: list, evaluate, acknowledge, silence, test, back-test',
  billing: "Modal's bill: import a file, or pull it",
  containers: 'when containers ran, in the words of Modal',
  honeycomb: 'boards, queries and triggers in Honeycomb',
};
