import { test } from 'vitest';
import { between, hours, TIMELINE_SETTINGS, Timeline } from '../../support/timeline/timeline.ts';

const LIMITED = {
  ...TIMELINE_SETTINGS,
  budgets: {
    ...TIMELINE_SETTINGS.budgets,
    limits: [
      { of: 'endpoint', name: 'generate', monthlyNano: 100e9, action: 'refuse' },
      { of: 'endpoint', name: 'other', monthlyNano: 1e9, action: 'notify' },
    ],
  },
} as const;

test('an endpoint that uses up its month is told of once, and again in the next month', async () => {
  const story = new Timeline({
    start: '2026-03-01T00:00Z',
    every: hours(6),
    only: ['budget.limit'],
    settings: LIMITED,
  });
  story.at('2026-03-02T10:00Z').spend(90);
  story.at('2026-03-05T10:00Z').spend(15);
  story.at('2026-03-09T10:00Z').spend(50);
  story.at('2026-04-03T10:00Z').spend(101);
  story
    .expectMail(between('2026-03-05T10:00Z', '2026-03-05T12:00Z'))
    .subject(/endpoint generate has spent \$105\.00 of its \$100\.00 in 2026-03/)
    .says('answered with 402 until the month ends');
  story
    .expectMail(between('2026-04-03T10:00Z', '2026-04-03T12:00Z'))
    .subject(/endpoint generate has spent \$101\.00/);
  await story.run('2026-04-10T00:00Z');
});
