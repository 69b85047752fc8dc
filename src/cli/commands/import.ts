import { createReadStream, existsSync, statSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Option } from 'commander';
import { HISTORY_FORMATS } from '../../../collectors/registry.ts';
import type { Config } from '../../config/config.ts';
import type { ClosedRequest } from '../../core/request-record.ts';
import { type ImportCounts, importRequests } from '../../ledger/import.ts';
import { openLedger } from '../../ledger/open-ledger.ts';
import type { PriceRequest } from '../../ledger/request-writer.ts';
import type { HistoryItem } from '../../ports/collector.ts';
import { pricingOf } from '../../wiring/pricing-of.ts';
import type { CliContext } from '../cli-context.ts';
import { CliError, EXIT, type ExitCode, messageOf, usageError } from '../cli-error.ts';
import type { CliCommand, Invocation } from '../command.ts';
import { counted, quantity } from '../format.ts';
import { type EndpointNames, endpointNames, unplacedText } from '../import-endpoints.ts';
import { configOf } from '../open-reader.ts';
import { type Progress, progressOf } from '../progress.ts';
import { printable } from '../table.ts';

interface ImportOptions {
  readonly format: keyof typeof HISTORY_FORMATS;
  readonly endpoint: readonly string[];
  readonly strict?: true;
  readonly skipBad?: true;
  readonly json?: true;
}

/** Adds requests that were recorded elsewhere. Again is the same as once. */
export const importCommand: CliCommand<ImportOptions> = {
  name: 'import',
  summary: 'add requests from a file; the same file twice changes nothing',
  setUp: (command) =>
    command
      .argument('<file>')
      .addOption(
        new Option('--format <FORMAT>', 'of the file')
          .choices(Object.keys(HISTORY_FORMATS))
          .default('tripmeter'),
      )
      .option(
        '--endpoint <NAME>',
        'configured endpoint for all requests; OLD=NEW for those of OLD, as often as needed',
        (name: string, before: readonly string[]) => [...before, name],
        [],
      )
      .addOption(new Option('--strict', 'store nothing when a line is bad').conflicts('skipBad'))
      .option('--skip-bad', 'bad lines are no failure: exit code 0')
      .option('--json', 'the counts as one JSON object'),
  run: async (invocation) => {
    const config = configOf(invocation);
    const source = sourceOf(invocation, config);
    if (invocation.options.strict) await requireSound(source, invocation.context);
    if (!HISTORY_FORMATS[invocation.options.format].namesEndpoints)
      await requirePlaced(source, config);
    const problems = new ProblemList(source.file, invocation.context);
    const counts = await store(source, { config, problems, context: invocation.context });
    return summarise(counts, problems.count, invocation);
  },
};

interface Source {
  readonly file: string;
  readonly bytes: number;
  /** Bytes read so far. */
  position: number;
  readonly read: () => AsyncIterable<HistoryItem>;
}

function sourceOf({ args, options, context }: Invocation<ImportOptions>, config: Config): Source {
  const file = resolve(context.workingDir, args[0] ?? '');
  if (!existsSync(file)) throw usageError(`there is no ${file}; name the file to import`);
  const { size } = statSync(file);
  const endpointOf = endpointNames(options.endpoint, configuredNames(config));
  const source: Source = {
    file,
    bytes: size,
    position: 0,
    read: async function* () {
      const chunks = chunksOf(source, context.signal);
      const items = HISTORY_FORMATS[options.format].read({ chunks, zone: config.timezone });
      for await (const item of items) {
        if (item.type === 'problem') yield item;
        else yield { ...item, request: placed(item.request, endpointOf) };
      }
    },
  };
  return source;
}

function placed(request: ClosedRequest, endpointOf: EndpointNames): ClosedRequest {
  return { ...request, endpoint: endpointOf(request.endpoint) };
}

function configuredNames(config: Config): ReadonlySet<string> {
  return new Set(config.endpoints.map(({ name }) => name));
}

async function* chunksOf(source: Source, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  source.position = 0;
  for await (const chunk of createReadStream(source.file) as AsyncIterable<Uint8Array>) {
    if (signal.aborted) throw new CliError('stopped; run it again to import the rest');
    source.position += chunk.length;
    yield chunk;
  }
}

async function requireSound(source: Source, context: CliContext): Promise<void> {
  const problems = new ProblemList(source.file, context);
  for await (const item of source.read()) if (item.type === 'problem') problems.add(item);
  problems.end();
  if (problems.count > 0) {
    throw new CliError(
      `${counted(problems.count, 'bad line')} in ${source.file}, nothing is stored; ` +
        'mend the file, or take --skip-bad instead of --strict',
    );
  }
}

/** A request is stored once: what went to a wrong endpoint could not be imported again to the right one. */
async function requirePlaced(source: Source, config: Config): Promise<void> {
  const configured = configuredNames(config);
  const unknown = new Set<string>();
  for await (const item of source.read()) {
    if (item.type === 'request' && !configured.has(item.request.endpoint)) {
      unknown.add(item.request.endpoint);
    }
  }
  if (unknown.size > 0) throw usageError(unplacedText(unknown, configured));
}

interface StoreSettings {
  readonly config: Config;
  readonly problems: ProblemList;
  readonly context: CliContext;
}

/** Small: a proxy that writes to the same ledger waits for no longer than a batch takes. */
const BATCH_ROWS = 1_000;

async function store(source: Source, settings: StoreSettings): Promise<ImportCounts> {
  const { config, problems, context } = settings;
  await mkdir(config.dataDir, { recursive: true });
  const ledger = await openLedger(config.ledger);
  const progress = progressOf(source.bytes, context);
  const unknown = new Set<string>();
  try {
    const counts = await importRequests(requestsOf(source, problems, progress), {
      ledger,
      price: pricing(config, unknown),
      batchSize: BATCH_ROWS,
      onProgress: ({ inserted, repeated }) =>
        progress.at(source.position, counted(inserted + repeated, 'request')),
    });
    progress.stop();
    if (unknown.size > 0) context.stderr(unknownText(unknown));
    return counts;
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${messageOf(error)}; what was stored stays, run it again for the rest`, {
      cause: error,
    });
  } finally {
    progress.stop();
    problems.end();
    await ledger.close();
  }
}

async function* requestsOf(
  source: Source,
  problems: ProblemList,
  progress: Progress,
): AsyncGenerator<ClosedRequest> {
  for await (const item of source.read()) {
    if (item.type === 'request') yield item.request;
    else problems.add(item);
    if (item.type === 'problem') progress.at(source.position, '');
  }
}

/** Requests of an endpoint that the configuration does not have are stored without a price. */
function pricing(config: Config, unknown: Set<string>): PriceRequest {
  const known = configuredNames(config);
  const { price } = pricingOf(config);
  return (closed) => {
    if (!known.has(closed.endpoint)) unknown.add(closed.endpoint);
    return price(closed);
  };
}

const SHOWN_ENDPOINTS = 5;

function unknownText(unknown: ReadonlySet<string>): string {
  const names = [...unknown].slice(0, SHOWN_ENDPOINTS).map(printable).join(', ');
  const more = unknown.size > SHOWN_ENDPOINTS ? ', …' : '';
  return `without a price, because the configuration has no such endpoint: ${names}${more}\n`;
}

const SHOWN_PROBLEMS = 10;

/** Shows the first bad lines when the progress bar is gone, and counts the rest. */
class ProblemList {
  readonly #file: string;
  readonly #context: CliContext;
  readonly #lines: string[] = [];
  count = 0;

  constructor(file: string, context: CliContext) {
    this.#file = file;
    this.#context = context;
  }

  add({ line, message }: Extract<HistoryItem, { type: 'problem' }>): void {
    this.count += 1;
    const place = line === null ? this.#file : `${this.#file}:${line}`;
    if (this.#lines.length < SHOWN_PROBLEMS) this.#lines.push(`${place}: ${printable(message)}\n`);
  }

  end(): void {
    const more = this.count - this.#lines.length;
    if (more > 0) this.#lines.push(`… and ${counted(more, 'more bad line')}\n`);
    if (this.count > 0) this.#context.stderr(this.#lines.join(''));
  }
}

function summarise(
  { inserted, repeated }: ImportCounts,
  bad: number,
  { options, context }: Invocation<ImportOptions>,
): ExitCode {
  if (options.json) {
    context.stdout(`${JSON.stringify({ inserted, repeated, bad })}\n`);
  } else {
    context.stdout(
      `${counted(inserted, 'request')} imported, ${quantity(repeated)} known before, ${counted(bad, 'bad line')}\n`,
    );
  }
  if (bad === 0) return EXIT.done;
  if (inserted + repeated === 0) {
    throw new CliError('no line of the file could be read; check --format');
  }
  if (options.skipBad) return EXIT.done;
  throw new CliError(
    `${counted(bad, 'bad line')} not stored, the rest is; mend the file and run it again, or say --skip-bad`,
  );
}
