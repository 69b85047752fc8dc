import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CliContext } from '../../../src/cli/cli-context.ts';
import { runCli } from '../../../src/cli/program.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import { SAMPLE_START, samplePrice, sampleTraffic } from '../ledger/sample-requests.ts';

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A folder with a configuration, and the program run in it as a user would. */
export interface CliBench {
  readonly dir: string;
  readonly ledgerFile: string;
  run(args: readonly string[], over?: Partial<CliContext>): Promise<CliResult>;
  /** The writer's side: as `serve` has it open. */
  fill(requests?: Iterable<ClosedRequest>): Promise<void>;
  openWriter(): Promise<Ledger>;
  remove(): Promise<void>;
}

const CONFIG = `timezone: UTC
endpoints:
  generate: { upstream: "https://ws--generate.modal.run", gpu: A100-80GB, cpuCores: 4, memoryGiB: 64 }
  health: { upstream: "https://ws--health.modal.run", gpu: none }
`;

export async function createCliBench(): Promise<CliBench> {
  const dir = await mkdtemp(join(tmpdir(), 'tripmeter-cli-'));
  await writeFile(join(dir, 'tripmeter.yaml'), CONFIG);
  const ledgerFile = join(dir, 'tripmeter-data', 'ledger.db');
  const openWriter = () => openLedger({ kind: 'sqlite', file: ledgerFile });
  return {
    dir,
    ledgerFile,
    openWriter,
    run: (args, over) => runIn(dir, args, over),
    fill: async (requests = sampleTraffic(60)) => {
      // The folder comes with the first import.
      await writeFile(join(dir, 'empty.jsonl'), '');
      await runIn(dir, ['import', 'empty.jsonl']);
      const ledger = await openWriter();
      await importRequests(requests, { ledger, price: samplePrice });
      await ledger.close();
    },
    remove: () => rm(dir, { recursive: true }),
  };
}

/** Runs a command in a folder, as the shell would. */
export async function runIn(
  workingDir: string,
  args: readonly string[],
  over: Partial<CliContext> = {},
): Promise<CliResult> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCli(args, {
    stdout: (text) => out.push(text),
    stderr: (text) => err.push(text),
    env: {},
    workingDir,
    isTTY: false,
    columns: 120,
    clock: { now: () => SAMPLE_START + 3_600_000_000, monotonic: () => 0 },
    signal: new AbortController().signal,
    ...over,
  });
  return { code, out: out.join(''), err: err.join('') };
}
