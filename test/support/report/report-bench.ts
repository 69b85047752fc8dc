import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import type { Config } from '../../../src/config/config.ts';
import { loadConfigFile } from '../../../src/config/load-config-file.ts';
import type { ClosedRequest } from '../../../src/core/request-record.ts';
import type { EpochMicros } from '../../../src/core/units.ts';
import { createSettlement } from '../../../src/cost/settle.ts';
import { importRequests } from '../../../src/ledger/import.ts';
import { type Ledger, openLedger } from '../../../src/ledger/open-ledger.ts';
import { foldIncidents } from '../../../src/ledger/queries/incidents.ts';
import { pricingOf } from '../../../src/wiring/pricing-of.ts';
import { type CliResult, runIn } from '../cli/cli-bench.ts';
import { SAMPLE_WORKLOADS } from './sample-history.ts';

/** A folder with a configuration and a ledger, filled and settled as the service would leave it. */
export interface ReportBench {
  readonly dir: string;
  readonly config: Config;
  readonly ledger: Ledger;
  /** Takes requests in and settles them up to `until`. */
  fill(requests: Iterable<ClosedRequest>, until: EpochMicros): Promise<void>;
  /** The program, run at `now` by a user in this folder. */
  run(args: readonly string[], now: EpochMicros): Promise<CliResult>;
  close(): Promise<void>;
}

export async function createReportBench(settings: object = {}): Promise<ReportBench> {
  const dir = mkdtempSync(join(tmpdir(), 'tripmeter-report-'));
  const file = join(dir, 'tripmeter.yaml');
  writeFileSync(file, stringify({ endpoints: endpointsOf(), ...settings }));
  const loaded = loadConfigFile({ file, env: {}, workingDir: dir });
  if (!loaded.ok) throw new Error(loaded.problems);
  const { config } = loaded;
  mkdirSync(config.dataDir, { recursive: true });
  const ledger = await openLedger(config.ledger);
  const { book, price } = pricingOf(config);
  return {
    dir,
    config,
    ledger,
    fill: async (requests, until) => {
      await importRequests(requests, { ledger, price });
      const clock = { now: () => until, monotonic: () => until };
      const { endpoints } = config;
      const settlement = createSettlement({ ledger, clock, endpoints, priceBook: book });
      await settlement.run({ until });
      await foldIncidents(ledger.db, { minFailures: 3, since: 0 });
    },
    run: (args, now) => runIn(dir, args, { clock: { now: () => now, monotonic: () => now } }),
    close: async () => {
      await ledger.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function endpointsOf(): object {
  return Object.fromEntries(
    SAMPLE_WORKLOADS.map(({ endpoint }) => {
      const { name, upstream, gpu, maxInputs, scaledownWindowUs, modalApp } = endpoint;
      const scaledownWindow = `${scaledownWindowUs / 1e6}s`;
      const size = { cpuCores: 0.125, memoryGiB: 0.125 };
      return [name, { upstream, gpu, maxInputs, scaledownWindow, modalApp, ...size }];
    }),
  );
}
