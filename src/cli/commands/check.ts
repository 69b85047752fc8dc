import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { stringify } from 'yaml';
import type { Config } from '../../config/config.ts';
import { effectiveConfig } from '../../config/effective-config.ts';
import { loadConfigFile } from '../../config/load-config-file.ts';
import { secretProblem } from '../../config/missing-secrets.ts';
import { journalFolderProblem } from '../../journal/journal-folder.ts';
import { pricedEndpoints } from '../../wiring/priced-endpoints.ts';
import { capacityFindings, channelFindings, type Finding } from '../channel-checks.ts';
import { EXIT, messageOf, usageError } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';

const CONNECT_MS = 5_000;

/**
 * Says what the configuration comes to, and tries everything that `serve` will need, without a request: a
 * request would wake a GPU.
 */
export const checkCommand: CliCommand<{ readonly json?: true }> = {
  name: 'check',
  summary: 'show the effective configuration, and try it without waking a GPU',
  setUp: (command) => command.option('--json', 'one JSON object'),
  run: async (invocation) => {
    const { context, options, configFile } = invocation;
    const { env, workingDir } = context;
    const loaded = loadConfigFile({ file: configFile, env, workingDir });
    if (!loaded.ok) throw usageError(loaded.problems);
    const { config, source } = loaded;
    const effective = effectiveConfig(source.text);
    const findings = [
      ...secretFindings(config),
      folderFinding(config),
      ...journalFindings(config),
      ...priceFindings(config, context.clock.now()),
      ...(await Promise.all([
        portFinding('listen', config.listen),
        portFinding('admin.listen', config.admin),
        ...config.endpoints.map((each) => upstreamFinding(each.name, each.upstream)),
        ...channelFindings(config, context.clock),
      ])),
      ...capacityFindings(config, context.clock.now()),
    ];
    const failed = findings.filter((each) => each.problem !== null);
    context.stdout(
      options.json
        ? `${JSON.stringify({ ok: failed.length === 0, file: config.file, config: effective, findings })}\n`
        : `# ${config.file}, with defaults\n${stringify(effective)}\n${findings.map(line).join('')}`,
    );
    return failed.length === 0 ? EXIT.done : EXIT.failed;
  },
};

function line({ what, problem }: Finding): string {
  return problem === null ? `ok    ${what}\n` : `FAIL  ${what}: ${problem}\n`;
}

function secretFindings(config: Config): Finding[] {
  return config.secrets.map((secret) => ({
    what: `secret ${secret.path}`,
    problem: secretProblem(config, secret),
  }));
}

function folderFinding({ dataDir }: Config): Finding {
  const what = `data directory ${dataDir}`;
  try {
    if (!existsSync(dataDir)) mkdirSync(dataDir, { recursive: true });
    accessSync(dataDir, constants.W_OK);
    return { what, problem: null };
  } catch (error) {
    return { what, problem: `cannot be written (${messageOf(error)}); choose another dataDir` };
  }
}

/** Journals of other proxies, which an office takes in. */
function journalFindings({ journals }: Config): Finding[] {
  return journals.map((dir) => ({
    what: `journal ${dir}`,
    problem: journalFolderProblem(dir, 'take-in'),
  }));
}

function priceFindings(config: Config, now: number): Finding[] {
  return pricedEndpoints(config, now).map(({ name, gpu, problem }) => ({
    what: `price of ${name} (${gpu})`,
    problem,
  }));
}

function portFinding(
  key: string,
  { host, port }: { host: string; port: number },
): Promise<Finding> {
  const what = `${key} ${host}:${port}`;
  return new Promise((settle) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const used = error.code === 'EADDRINUSE' ? 'is in use: is tripmeter running?' : error.message;
      settle({ what, problem: used });
    });
    server.listen({ host, port }, () => server.close(() => settle({ what, problem: null })));
  });
}

/** Name, connection and certificate; not one byte of HTTP. */
function upstreamFinding(name: string, upstream: string): Promise<Finding> {
  const what = `upstream of ${name} ${upstream}`;
  const { protocol, hostname, port } = new URL(upstream);
  const tls = protocol === 'https:';
  const target = { host: hostname, port: Number(port) || (tls ? 443 : 80) };
  return new Promise((settle) => {
    const socket = tls ? connectTls({ ...target, servername: hostname }) : connect(target);
    const end = (problem: string | null) => {
      socket.destroy();
      settle({ what, problem });
    };
    socket.setTimeout(CONNECT_MS, () => end(`no connection within ${CONNECT_MS / 1_000} s`));
    socket.once('error', (error) => end(unreachable(name, target.host, error)));
    socket.once(tls ? 'secureConnect' : 'connect', () => end(null));
  });
}

function unreachable(name: string, host: string, error: NodeJS.ErrnoException): string {
  const remedy = `check endpoints.${name}.upstream`;
  if (error.code === 'ENOTFOUND') return `there is no host ${host}; ${remedy}, or the name server`;
  if (error.code === 'EAI_AGAIN') return `the name server does not answer for ${host}`;
  if (error.code === 'ECONNREFUSED') return `nothing listens there; ${remedy}`;
  return `cannot be reached (${error.message}); ${remedy}`;
}
