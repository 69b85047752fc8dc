import { expect, test } from 'vitest';
import { decide } from '../../../alerts/decision/decide.ts';
import type { Config } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load-config.ts';
import { usdString } from '../../../src/core/units.ts';
import type { Verdict } from '../../../src/core/verdict.ts';
import { dayWindow, monthWindow, weekWindow } from '../../../src/core/zoned-time.ts';
import type { Ledger } from '../../../src/ledger/open-ledger.ts';
import { spendOf } from '../../../src/ledger/queries/spend.ts';
import { readProjection } from '../../../src/status/read-projection.ts';
import { readStatus } from '../../../src/status/read-status.ts';
import { alertBacktest } from '../../../src/wiring/alert-backtest.ts';
import { alertEngineOf } from '../../../src/wiring/alert-engine-of.ts';
import { recorderBeside } from '../../../src/wiring/alert-recorder.ts';
import { evaluateAsOf } from '../../../src/wiring/alert-replay.ts';
import { reportFactsOf } from '../../../src/wiring/report-facts-of.ts';
import { requestAt, type Settling, settling } from '../../support/cost/settling.ts';
import { describeStores } from '../../support/ledger/stores.ts';

const DAY_S = 86_400;
const DAYS = 40;
const NOW_S = DAYS * DAY_S - 9_000;
const CONFIG = `
endpoints:
  generate: { upstream: "https://ws--generate.modal.run", gpu: A100-80GB, cpuCores: 0, memoryGiB: 0, scaledownWindow: 60s }
`;

/** What every reader says of a moment. */
interface Answer {
  readonly reader: string;
  readonly monthUsd: string;
  readonly states: Readonly<Record<string, string>>;
  readonly recommendation: string | null;
}

describeStores('while settlement is behind', (store) => {
  test('no pace is judged, and every reader of the ledger says the same', async () => {
    const ledger = await store.open();
    const world = await imported(ledger);

    const fresh = agreed(await answers(ledger, world));
    expect(fresh.recommendation).toBe('stay');
    expect(fresh.states).toMatchObject({
      'emergency.spike': 'insufficient_data',
      'trigger.cost': 'insufficient_data',
      'budget.forecast 500': 'insufficient_data',
    });
    expect(Number(fresh.monthUsd)).toBeGreaterThan(50);

    await world.settleAt(20 * DAY_S);
    const middle = agreed(await answers(ledger, world));
    expect(middle.states['emergency.spike']).toBe('insufficient_data');
    expect(middle.recommendation).toBe('stay');

    await world.settlement.run();
    const after = agreed(await answers(ledger, world));
    expect(after.states['emergency.spike']).toBe('not_met');
    expect(after.states['trigger.cost']).toBe('not_met');
    expect(after.recommendation).toBe('stay');
  });

  test('settling moves no dollar from one hour to another', async () => {
    const ledger = await store.open();
    const { add, settlement, setNow } = settling(ledger);
    await add(requestAt([3_540, 3_600]), requestAt([3_700, 3_760]));
    setNow(DAY_S);
    const hours = async () => {
      const found = [];
      for (const from of [0, 1, 2]) {
        // A zone may be off by a quarter of an hour: requests count with the UTC hour that they started in.
        const at = requestAt([from * 3_600 - 900, 0]).startedAt;
        found.push((await spendOf(ledger.db, { from: at, to: at + 3_600e6 })).totalNano > 0);
      }
      return found;
    };
    expect(await hours()).toEqual([true, true, false]);
    await settlement.run();
    expect(await hours()).toEqual([true, true, false]);
  });
});

interface World extends Settling {
  readonly config: Config;
}

/** Forty days with two hours of requests on each: about $5 a day, none of it settled. */
async function imported(ledger: Ledger): Promise<World> {
  const loaded = loadConfig({
    text: CONFIG,
    file: null,
    workingDir: '/',
    secretSources: { env: {}, readFile: () => '' },
  });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const world = settling(ledger, loaded.config.endpoints);
  const starts = Array.from({ length: DAYS * 2 }, (_, index) => {
    const at = Math.floor(index / 2) * DAY_S + (index % 2) * 7_200;
    return requestAt([at, at + 3_600]);
  });
  await world.add(...starts);
  world.setNow(NOW_S);
  return { ...world, config: loaded.config };
}

async function answers(ledger: Ledger, { config, clock }: World): Promise<Answer[]> {
  const now = clock.now();
  const recorder = recorderBeside({ ledger, collectors: [] });
  const engine = alertEngineOf({ ledger, config, recorder, routes: [] });
  const none = async () => null;
  const status = await readStatus({
    ...{ ledger, config, clock, alerts: engine, measured: none, exporter: null, health: null },
  });
  const page = await engine.dryRun(now);
  const past = await evaluateAsOf({ ledger, config }, now);
  const report = await reportFactsOf(
    { ledger, config, recorder },
    { kind: 'weekly', period: weekWindow(now, 'UTC'), now, late: false },
  );
  const backtest = await alertBacktest(
    { ledger, config },
    { from: dayWindow(now, 'UTC').start, to: now },
  );
  expect(backtest.notices.map(({ rule }) => rule)).not.toContain('emergency.spike');
  const projection = await readProjection({ ledger, config, clock, measured: none }, null);
  expect(report.decision.projection.requests).toBe(projection.requests);
  const month = monthWindow(now, 'UTC');
  const { totalNano } = await spendOf(ledger.db, { from: month.start, to: month.end });
  const monthOf = (verdicts: readonly Verdict[]) =>
    usdString(verdicts.find(({ rule }) => rule === 'budget.crossed')?.value ?? -1);
  const answer = (reader: string, verdicts: readonly Verdict[], decided: string | null) => ({
    ...{ reader, monthUsd: monthOf(verdicts), states: statesOf(verdicts) },
    recommendation: decided,
  });
  const decided = decide(page.facts, config.alerts, { verdicts: page.verdicts, measured: null });
  return [
    {
      reader: 'status',
      monthUsd: status.spend.usd,
      states: Object.fromEntries(
        [
          ...status.alerts.map((one) => ['budget', one] as const),
          ...status.triggers.map((one) => ['trigger', one] as const),
          ...status.emergencies.map((one) => ['emergency', one] as const),
        ].map(([kind, one]) => [`${kind}.${one.id} ${one.subject}`.trim(), one.state]),
      ),
      recommendation: status.decision.recommendation,
    },
    answer('page', page.verdicts, decided.recommendation),
    answer('alerts evaluate --at', past.verdicts, null),
    answer('report', report.verdicts, report.decision.recommendation),
    { reader: 'spend', monthUsd: usdString(totalNano), states: {}, recommendation: null },
  ];
}

function statesOf(verdicts: readonly Verdict[]): Record<string, string> {
  return Object.fromEntries(
    verdicts.map(({ rule, subject, state }) => [`${rule} ${subject}`.trim(), state]),
  );
}

/** The one answer of all. */
function agreed(all: readonly Answer[]) {
  const [first] = all;
  if (first === undefined) throw new Error('nobody answered');
  for (const { reader, monthUsd, states, recommendation } of all) {
    expect({ reader, monthUsd }).toEqual({ reader, monthUsd: first.monthUsd });
    expect({ reader, ...first.states }).toMatchObject({ reader, ...states });
    if (recommendation !== null) expect(recommendation).toBe(first.recommendation);
  }
  return { ...first, recommendation: first.recommendation };
}
