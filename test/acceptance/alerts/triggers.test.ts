import { expect, test } from 'vitest';
import { LatencySketch } from '../../../src/core/latency-sketch.ts';
import type { RuleState } from '../../../src/core/verdict.ts';
import {
  between,
  days,
  instant,
  TIMELINE_SETTINGS,
  Timeline,
  type TimelineOptions,
} from '../../support/timeline/timeline.ts';

/** The states that a rule went through, as far as the ledger shows them at each step. */
async function statesOf(
  story: Timeline,
  rule: string,
  steps: readonly string[],
): Promise<RuleState[]> {
  const states: RuleState[] = [];
  for (const step of steps) {
    await story.play(step);
    const row = await story.ledger.db
      .selectFrom('alert_states')
      .select('state')
      .where('rule', '=', rule)
      .executeTakeFirst();
    if (row !== undefined && states.at(-1) !== row.state) states.push(row.state);
  }
  return states;
}

const daily = (from: string, to: string): string[] => {
  const steps: string[] = [];
  for (let at = Date.parse(from); at <= Date.parse(to); at += 86_400_000)
    steps.push(new Date(at).toISOString());
  return steps;
};

const option = (rule: string, more: Partial<TimelineOptions> = {}): TimelineOptions => ({
  start: '2026-01-01T06:00Z',
  every: days(1),
  only: [rule],
  ...more,
});

const EVERY_STATE = [
  'insufficient_data',
  'not_met',
  'approaching',
  'pending',
  'met',
  'cleared',
  'not_met',
];

/** A month of little, a rise past the threshold, and a fall to nothing. */
function rise(story: Timeline, use: (story: Timeline, at: string, share: number) => void): void {
  for (const at of daily('2026-01-01T00:00Z', '2026-06-10T00:00Z')) {
    const share = at < '2026-02-10' ? 0.5 : at < '2026-04-01' ? 1.5 : 0.1;
    use(story, at, share);
  }
}

test.each([
  [
    'trigger.scale',
    (story: Timeline, at: string, share: number) =>
      story.at(at).usage({ requests: Math.round(share * 3_333) }),
  ],
  [
    'trigger.egress',
    (story: Timeline, at: string, share: number) =>
      story.at(at).usage({ bytesOut: Math.round((share * 500 * 1e9) / 0.09 / 30) }),
  ],
] as const)(
  '%s goes through every state and is told when met and when cleared',
  async (rule, use) => {
    const story = new Timeline(option(rule));
    rise(story, use);
    const states = await statesOf(story, rule, daily('2026-01-01T12:00Z', '2026-06-10T12:00Z'));
    expect(states).toEqual(EVERY_STATE);
    story
      .expectMail(between('2026-03-05T00:00Z', '2026-03-20T12:00Z'))
      .subject(/Migration trigger met/);
    story
      .expectMail(between('2026-04-18T00:00Z', '2026-05-10T12:00Z'))
      .subject(/Migration trigger cleared/);
    await story.run('2026-06-10T12:00Z');
  },
);

test('trigger.cost goes through every state and is told when met and when cleared', async () => {
  const story = new Timeline(option('trigger.cost'));
  // The rise begins mid-month, so that no whole calendar month is over before the fourteen days are.
  for (const at of daily('2026-01-01T00:00Z', '2026-06-20T00:00Z')) {
    const usd = at < '2026-02-05' ? 33 : at < '2026-03-25' ? 95 : 5;
    story.at(at).spend(usd);
  }
  const states = await statesOf(
    story,
    'trigger.cost',
    daily('2026-01-01T12:00Z', '2026-06-20T12:00Z'),
  );
  expect(states).toEqual(EVERY_STATE);
  story
    .expectMail(between('2026-02-20T00:00Z', '2026-03-05T12:00Z'))
    .subject(/Migration trigger met: Cost pressure/);
  story
    .expectMail(between('2026-04-05T00:00Z', '2026-05-15T12:00Z'))
    .subject(/Migration trigger cleared/);
  await story.run('2026-06-20T12:00Z');
});

test('a whole calendar month over $2,000 meets trigger.cost at its end', async () => {
  const story = new Timeline(option('trigger.cost'));
  for (const at of daily('2026-01-01T00:00Z', '2026-03-05T00:00Z'))
    story.at(at).spend(at < '2026-02-01' ? 40 : 76);
  story
    .expectMail(between('2026-03-01T00:00Z', '2026-03-02T00:00Z'))
    .subject(/Migration trigger met: Cost pressure/);
  await story.run('2026-03-05T12:00Z');
});

test('trigger.latency goes through every state and is told when met and when cleared', async () => {
  const story = new Timeline(
    option('trigger.latency', {
      endpoints: [{ name: 'generate', region: 'any', latencyObjectiveUs: 1_000_000 }],
    }),
  );
  const p95 = (us: number) => {
    const sketch = new LatencySketch();
    sketch.add(us, 50);
    return sketch.toText();
  };
  for (const at of daily('2026-01-01T00:00Z', '2026-03-20T00:00Z')) {
    const us =
      at < '2026-01-15'
        ? 500_000
        : at < '2026-01-25'
          ? 850_000
          : at < '2026-02-10'
            ? 1_400_000
            : 400_000;
    story.at(at).usage({ requests: 50, sketch: p95(us) });
  }
  const states = await statesOf(
    story,
    'trigger.latency',
    daily('2026-01-01T12:00Z', '2026-03-20T12:00Z'),
  );
  expect(states).toEqual(EVERY_STATE);
  story
    .expectMail(between('2026-01-31T00:00Z', '2026-02-03T12:00Z'))
    .subject(/generate: p95 1\.4\d? s against 1 s/);
  story
    .expectMail(between('2026-02-20T00:00Z', '2026-02-28T12:00Z'))
    .subject(/Migration trigger cleared/);
  await story.run('2026-03-20T12:00Z');
});

test('trigger.compliance is pending until the law takes effect, met while data strays, and cleared when it stays', async () => {
  const law = {
    name: 'EU customers',
    regions: ['eu'],
    effectiveAt: instant('2026-02-01T00:00Z'),
    reference: 'contract 7',
    endpoints: null,
  };
  const story = new Timeline(
    option('trigger.compliance', {
      endpoints: [{ name: 'generate', region: 'eu', latencyObjectiveUs: null }],
      settings: {
        ...TIMELINE_SETTINGS,
        triggers: { ...TIMELINE_SETTINGS.triggers, compliance: [law] },
      },
    }),
  );
  story.at('2026-01-05T00:00Z').usage({ requests: 500, region: 'eu-west-1' });
  // Pinned to the Union, and seen outside of it all the same.
  story.at('2026-01-20T00:00Z').usage({ requests: 3, region: 'us-east-1' });
  story
    .at('2026-03-10T00:00Z')
    .recorder({ journal: { ok: false, entriesAtRisk: 1, lastError: '' } });
  const states = await statesOf(
    story,
    'trigger.compliance',
    daily('2026-01-01T12:00Z', '2026-03-20T12:00Z'),
  );
  expect(states).toEqual(['not_met', 'pending', 'met', 'cleared', 'unknown']);
  story
    .expectMail(between('2026-02-01T00:00Z', '2026-02-02T00:00Z'))
    .subject(/Migration trigger met: generate may run outside eu/)
    .says('us-east-1');
  story
    .expectMail(between('2026-02-19T00:00Z', '2026-02-21T00:00Z'))
    .subject(/Migration trigger cleared: data residency holds/);
  await story.run('2026-03-20T12:00Z');
});

test('a figure that flaps around the threshold is never told', async () => {
  const story = new Timeline(option('trigger.scale'));
  let index = 0;
  for (const at of daily('2026-01-01T00:00Z', '2026-04-10T00:00Z')) {
    // Ten days above, ten days below: the trailing month swings from 92,000 to 106,000.
    const high = Math.floor(index / 10) % 2 === 0;
    story.at(at).usage({ requests: high ? 4_000 : 2_600 });
    index += 1;
  }
  await story.run('2026-04-10T12:00Z');
});

test('a broken recorder gives unknown, never not met', async () => {
  const story = new Timeline(option('trigger.scale'));
  for (const at of daily('2026-01-01T00:00Z', '2026-02-20T00:00Z'))
    story.at(at).usage({ requests: 100 });
  story
    .at('2026-02-15T00:00Z')
    .recorder({ journal: { ok: false, entriesAtRisk: 1, lastError: 'EIO' } });
  const states = await statesOf(
    story,
    'trigger.scale',
    daily('2026-01-01T12:00Z', '2026-02-20T12:00Z'),
  );
  expect(states).toEqual(['insufficient_data', 'not_met', 'unknown']);
});
