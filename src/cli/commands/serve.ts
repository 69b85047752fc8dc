import { type App, type Role, startApp } from '../../app.ts';
import { loadConfigFile } from '../../config/load-config-file.ts';
import { missingSecrets } from '../../config/missing-secrets.ts';
import { type ListenAddress, listenAddress } from '../../config/quantity.ts';
import type { LogLevel } from '../../runtime/logger.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError, EXIT, messageOf, usageError } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { roleProblem } from '../role-problem.ts';

interface ServeOptions {
  readonly role: string;
  readonly upstream?: string;
  readonly gpu?: string;
  readonly listen?: string;
  readonly adminListen?: string;
  readonly dataDir?: string;
  readonly healthListen?: string;
  readonly logLevel: string;
}

const ROLES: readonly string[] = ['all', 'proxy', 'office'] satisfies Role[];
/** So long may it take to end after a second signal. */
const STOP_NOW_MS = 2_000;
const LEVELS: readonly string[] = ['debug', 'info', 'warn', 'error', 'silent'] satisfies LogLevel[];

/** Runs the service until SIGTERM or Ctrl-C; a second one does not wait for running requests. */
export const serveCommand: CliCommand<ServeOptions> = {
  name: 'serve',
  summary: 'run the proxy and everything behind it',
  setUp: (command) =>
    command
      .option('--role <ROLE>', 'all, proxy or office', 'all')
      .option('--upstream <URL>', 'one endpoint, without a configuration file')
      .option('--gpu <TYPE>', 'its GPU as in the Modal decorator, or none')
      .option('--listen <HOST:PORT>', 'with --upstream: where the proxy listens')
      .option('--admin-listen <HOST:PORT>', 'with --upstream: where the admin port listens')
      .option('--data-dir <DIR>', 'with --upstream: where records are kept')
      .option(
        '--health-listen <HOST:PORT>',
        'with --role proxy: where health and metrics are served',
      )
      .option('--log-level <LEVEL>', LEVELS.join(', '), 'warn'),
  run: async ({ options, configFile, context }) => {
    const { role, logLevel } = options;
    if (!ROLES.includes(role)) throw usageError(`--role ${role}; choose ${ROLES.join(', ')}`);
    if (!LEVELS.includes(logLevel)) {
      throw usageError(`--log-level ${logLevel}; choose ${LEVELS.join(', ')}`);
    }
    const healthListen = healthAddress(options);
    const { env, workingDir } = context;
    const loaded = loadConfigFile({ ...options, file: configFile, env, workingDir });
    if (!loaded.ok) throw usageError(loaded.problems);
    const { config, source } = loaded;
    const problems = missingSecrets(config, role as Role);
    const unfit = roleProblem(config, role as Role);
    if (unfit !== null) problems.unshift(unfit);
    if (problems.length > 0) throw usageError(problems.join('\n'));
    const app = await startApp(config, source, {
      role: role as Role,
      logLevel: logLevel as LogLevel,
      healthListen,
    }).catch((error: unknown) => {
      throw new CliError(startMessage(error), { cause: error });
    });
    const stopped = untilStopped(app, context);
    // Requests pass from here on; the office opens the ledger first.
    if (app.proxyUrl !== null) context.stdout(`proxy  ${app.proxyUrl}\n`);
    await Promise.race([app.officeTried, stopped]);
    if (app.adminUrl !== null) context.stdout(`admin  ${app.adminUrl}\n`);
    context.stdout(`data   ${config.dataDir}\n`);
    await stopped;
    return EXIT.done;
  },
};

function healthAddress({ role, healthListen }: ServeOptions): ListenAddress | undefined {
  if (healthListen === undefined) return undefined;
  if (role !== 'proxy') {
    throw usageError(
      '--health-listen goes with --role proxy; elsewhere the admin port tells health',
    );
  }
  const read = listenAddress.safeParse(healthListen);
  if (!read.success) throw usageError(`--health-listen: ${read.error.issues[0]?.message}`);
  return read.data;
}

function startMessage(error: unknown): string {
  const { code, port, address } = error as { code?: string; port?: number; address?: string };
  const where = port === undefined ? /\S+:\d+/.exec(messageOf(error))?.[0] : `${address}:${port}`;
  if (code === 'EADDRINUSE') {
    return (
      `${where ?? 'a port'} is in use; stop what listens there (another \`tripmeter serve\`?), or choose ` +
      'another: `listen` and `admin.listen` in tripmeter.yaml, or --listen and --admin-listen beside --upstream'
    );
  }
  if (code === 'EACCES') return `${where ?? 'a port or folder'} may not be used; choose another`;
  return messageOf(error);
}

function untilStopped(app: App, context: CliContext): Promise<void> {
  return new Promise((resolve, reject) => {
    let signals = 0;
    const stop = () => {
      signals += 1;
      if (signals > 1) {
        app.stopNow();
        // Whatever still hangs then, the journal has what was recorded.
        setTimeout(() => process.exit(EXIT.failed), STOP_NOW_MS).unref();
        return;
      }
      context.stderr('stopping: finishing what runs; once more to stop at once\n');
      app.stop().then(resolve, reject);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    if (context.signal.aborted) stop();
    context.signal.addEventListener('abort', stop);
  });
}
