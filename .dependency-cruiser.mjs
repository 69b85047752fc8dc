/**
 * The import rules of CONTRIBUTING.md, decision 4: one direction, no way back.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const top = '^(src|collectors|alerts|dashboards)/';
const pureAlerts = '^alerts/(budgets|triggers|emergencies|decision|lifecycle)';
const pureDashboards = '^dashboards/(honeycomb/(boards|compile|plan)|charts)';
const roots = '^(src/(app|main)\\.ts$|src/(cli|office|wiring)/|test/)';

const only = (name, comment, library, where) => ({
  name,
  comment,
  severity: 'error',
  from: { path: top, pathNot: where },
  to: { path: library },
});

export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'core-is-closed',
      comment: 'core is pure: it imports nothing outside core, neither Node nor a package.',
      severity: 'error',
      from: { path: '^src/core/' },
      to: { pathNot: '^src/core/' },
    },
    {
      name: 'ports-are-types',
      comment: 'A port speaks in core types only.',
      severity: 'error',
      from: { path: '^src/ports/' },
      to: { pathNot: '^src/(core|ports)/' },
    },
    {
      name: 'alert-decisions-are-pure',
      severity: 'error',
      from: { path: pureAlerts },
      to: { pathNot: `^src/core/|${pureAlerts}` },
    },
    {
      name: 'boards-and-charts-are-pure',
      comment: 'Definitions import core, themselves and, for charts, the chart library.',
      severity: 'error',
      from: { path: pureDashboards, pathNot: '^dashboards/charts/png' },
      to: { pathNot: `^src/core/|${pureDashboards}|node_modules/(@observablehq|linkedom)` },
    },
    {
      name: 'outer-folders-are-strangers',
      comment: 'collectors, alerts and dashboards meet only in a root.',
      severity: 'error',
      from: { path: '^(collectors|alerts|dashboards)/', pathNot: '^alerts/weekly-report/' },
      to: { path: '^(collectors|alerts|dashboards)/', pathNot: '^$1/' },
    },
    {
      name: 'report-uses-charts-only',
      severity: 'error',
      from: { path: '^alerts/weekly-report/' },
      to: { path: '^(collectors|dashboards)/', pathNot: '^dashboards/charts/' },
    },
    {
      name: 'proxy-knows-no-office',
      comment: 'Nothing slow on the proxy thread: no ledger, no alerts, no export.',
      severity: 'error',
      from: { path: '^src/(proxy|journal)/' },
      to: {
        path: '^(collectors|alerts|dashboards)/|^src/(ledger|cost|export|jobs|api|cli|config)/',
      },
    },
    {
      name: 'alerts-know-no-adapter',
      severity: 'error',
      from: { path: '^alerts/' },
      to: { path: '^src/(proxy|journal|ledger|export|api|cli|config|jobs)/' },
    },
    {
      name: 'registries-in-roots',
      comment: 'Wiring is visible in one place.',
      severity: 'error',
      from: { path: top, pathNot: `${roots}|^src/config/` },
      to: { path: '/registry\\.ts$' },
    },
    {
      name: 'product-needs-no-test',
      severity: 'error',
      from: { path: top },
      to: { path: '^test/' },
    },
    only(
      'fastify-in-proxy-and-api',
      'HTTP servers live in two folders.',
      'node_modules/fastify/',
      '^src/(proxy|api)/',
    ),
    only(
      'kysely-in-ledger',
      'SQL lives in one folder.',
      'node_modules/(kysely|better-sqlite3|pg)/',
      '^src/ledger/',
    ),
    only(
      'otel-in-export',
      'OpenTelemetry lives in one folder.',
      'node_modules/@opentelemetry/',
      '^src/export/',
    ),
    only('cron-in-jobs', 'Schedules live in one folder.', 'node_modules/node-cron/', '^src/jobs/'),
    {
      name: 'no-dev-packages-in-product',
      severity: 'error',
      from: { path: top },
      to: {
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['type-only'],
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    exclude: { path: '^(dist|coverage)/' },
  },
};
