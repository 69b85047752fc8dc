import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { stringify } from 'yaml';
import { nextTrack, type SustainSpec, type Track } from '../../../src/core/sustained.ts';
import { MICROS_PER_MINUTE } from '../../../src/core/units.ts';

/**
 * Prometheus judges the same series by a rule of the same meaning: `for` is how long a value must stay over the
 * threshold, `keep_firing_for` how long it must stay below to be over. Without hysteresis (a clear ratio of 1)
 * pending, met and everything else are Prometheus's pending, firing and inactive.
 *
 * Needs `promtool`, at 2.42 or later: `apt-get install prometheus` (nothing has to run).
 */
const run = promisify(execFile);
const version = await run('promtool', ['--version']).then(
  ({ stdout }) => stdout.split('\n')[0] ?? '',
  () => null,
);
if (version === null) {
  console.warn(
    'SKIPPED: no promtool to compare with; install it with `apt-get install prometheus`',
  );
}

const THRESHOLD = 100;
const LENGTH = 90;
const SUSTAIN_MINUTES = [0, 1, 7, 20];

/** Values that linger on either side of the threshold, jump over it, and lie exactly on it. */
const series = fc
  .array(
    fc.record({
      value: fc.oneof(fc.constantFrom(0, 99, 100, 101, 200), fc.integer({ min: 80, max: 120 })),
      times: fc.integer({ min: 1, max: 24 }),
    }),
    { minLength: 12, maxLength: 40 },
  )
  .map((runs) =>
    runs.flatMap(({ value, times }) => Array<number>(times).fill(value)).slice(0, LENGTH),
  );

test.skipIf(version === null)(
  'pending, firing and resolved agree with Prometheus on random series',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tripmeter-promtool-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const samples = fc.sample(series, { numRuns: 40, seed: 2_026 });
    const seen = new Set<string>();
    const tests = samples.map((values) => ({
      interval: '1m',
      input_series: [{ series: 'spend', values: values.join(' ') }],
      promql_expr_test: SUSTAIN_MINUTES.flatMap((minutes) =>
        statesOf(values, minutes).map((state, minute) => {
          seen.add(state);
          return expectation(minutes, minute, state);
        }),
      ),
    }));
    await writeFile(
      join(folder, 'rules.yml'),
      stringify({ groups: [{ name: 'g', rules: RULES }] }),
    );
    const file = join(folder, 'tests.yml');
    await writeFile(
      file,
      stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests }),
    );
    const { stdout } = await run('promtool', ['test', 'rules', file]).catch((error) => error);
    expect(stdout).toContain('SUCCESS');
    // A test of nothing but quiet series would prove nothing.
    expect([...seen].sort()).toEqual(['firing', 'inactive', 'pending']);
  },
);

test.skipIf(version === null)('promtool notices a state that is wrong', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tripmeter-promtool-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'rules.yml'), stringify({ groups: [{ name: 'g', rules: RULES }] }));
  const file = join(folder, 'tests.yml');
  const wrong = {
    interval: '1m',
    input_series: [{ series: 'spend', values: '200 200 200' }],
    promql_expr_test: [expectation(7, 2, 'firing')],
  };
  await writeFile(
    file,
    stringify({ rule_files: ['rules.yml'], evaluation_interval: '1m', tests: [wrong] }),
  );
  await expect(run('promtool', ['test', 'rules', file])).rejects.toThrow();
});

const RULES = SUSTAIN_MINUTES.map((minutes) => ({
  alert: `after${minutes}`,
  expr: `spend > ${THRESHOLD}`,
  for: `${minutes}m`,
  keep_firing_for: `${minutes}m`,
}));

type PrometheusState = 'inactive' | 'pending' | 'firing';

function statesOf(values: readonly number[], minutes: number): PrometheusState[] {
  const spec: SustainSpec = {
    threshold: THRESHOLD,
    sustainUs: minutes * MICROS_PER_MINUTE,
    approachRatio: 0.8,
    clearRatio: 1,
  };
  let track: Track | null = null;
  return values.map((value, minute) => {
    track = nextTrack(track, { at: minute * MICROS_PER_MINUTE, value }, spec);
    if (track.state === 'met') return 'firing';
    return track.state === 'pending' ? 'pending' : 'inactive';
  });
}

function expectation(minutes: number, minute: number, state: PrometheusState) {
  const labels = `ALERTS{alertname="after${minutes}", alertstate="${state}"}`;
  return {
    expr: `ALERTS{alertname="after${minutes}"}`,
    eval_time: `${minute}m`,
    exp_samples: state === 'inactive' ? [] : [{ labels, value: 1 }],
  };
}
