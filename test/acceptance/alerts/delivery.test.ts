import { expect, test } from 'vitest';
import { listNotices } from '../../../src/ledger/queries/alerts.ts';
import {
  between,
  hours,
  minutes,
  Timeline,
  type TimelineOptions,
} from '../../support/timeline/timeline.ts';

const options: TimelineOptions = {
  start: '2026-03-02T08:00Z',
  every: minutes(30),
  only: ['budget.crossed'],
};

const statusOf = async (story: Timeline) => {
  const [notice] = await listNotices(story.ledger.db, { from: 0, limit: 1 });
  return notice?.deliveries[0];
};

test('a mail server that is away for longer than a day leaves a dead letter to look at', async () => {
  const story = new Timeline(options);
  story.at('2026-03-02T10:00Z').smtp('451').spend(510);
  await story.run('2026-03-03T14:00Z');
  expect(await statusOf(story)).toMatchObject({
    status: 'dead',
    lastError: expect.stringContaining('451'),
  });
});

test('a refusal for good (550) is not tried again', async () => {
  const story = new Timeline(options);
  story.at('2026-03-02T10:00Z').smtp('550').spend(510);
  await story.run('2026-03-02T14:00Z');
  expect(story.smtpAttempts).toBe(1);
  expect(await statusOf(story)).toMatchObject({ status: 'dead', attempts: 1 });
});

test.each(['451', 'hang', 'drop'] as const)(
  'a mail server that is down for a day (%s) costs nobody a notice',
  async (mode) => {
    const story = new Timeline({ ...options, smtpTimeoutMs: 150 });
    story.at('2026-03-02T10:00Z').smtp(mode).spend(510);
    story.at('2026-03-02T18:00Z').spend(600);
    story.at('2026-03-03T09:00Z').smtp('up');
    story.expectMail(between('2026-03-03T09:00Z', '2026-03-03T10:30Z')).subject(/crossed \$500/);
    story.expectMail(between('2026-03-03T09:00Z', '2026-03-03T10:30Z')).subject(/crossed \$1,000/);
    await story.run('2026-03-03T12:00Z');
    // What was taken without an answer came again under the same Message-ID: readers show it once.
    const ids = new Set(story.mails.map(({ parsed }) => parsed.messageId));
    expect(ids.size).toBe(2);
    if (mode === 'drop') expect(story.mails.length).toBeGreaterThan(10);
    else expect(story.mails).toHaveLength(2);
  },
);

test('a mail server that refuses for good (550) for a day keeps a dead letter until somebody retries', async () => {
  const story = new Timeline({ ...options, restart: true });
  story.at('2026-03-02T10:00Z').smtp('550').spend(510);
  story.at('2026-03-03T10:00Z').smtp('up');
  story.at('2026-03-03T11:00Z').retry();
  story.expectMail(between('2026-03-03T11:00Z', '2026-03-03T11:30Z')).subject(/crossed \$500/);
  await story.run('2026-03-03T14:00Z');
  expect(story.smtpAttempts).toBe(2);
});

test('a restart while the mail server is away loses nothing', async () => {
  const story = new Timeline({ ...options, restart: true });
  story.at('2026-03-02T10:00Z').smtp('451').spend(510);
  story.at('2026-03-02T15:00Z').smtp('up');
  story.expectMail(between('2026-03-02T15:00Z', '2026-03-02T16:30Z')).subject(/crossed \$500/);
  await story.run('2026-03-02T20:00Z');
});

test('a silence holds a notice back until it ends', async () => {
  const story = new Timeline({ ...options, every: hours(1) });
  story.at('2026-03-02T09:00Z').silence('budget.*', '2026-03-04T09:00Z');
  story.at('2026-03-02T10:00Z').spend(510);
  story.expectMail(between('2026-03-04T09:00Z', '2026-03-04T10:00Z')).subject(/crossed \$500/);
  await story.run('2026-03-05T00:00Z');
});

test('a silence that outlasts the month drops what is then old news', async () => {
  const story = new Timeline({ ...options, every: hours(12) });
  story.at('2026-03-02T09:00Z').silence('budget.crossed', '2026-04-05T00:00Z');
  story.at('2026-03-02T10:00Z').spend(510);
  await story.run('2026-04-08T00:00Z');
  expect(await statusOf(story)).toMatchObject({ status: 'dropped' });
});

test('a silence of other rules holds nothing back', async () => {
  const story = new Timeline(options);
  story.at('2026-03-02T09:00Z').silence('trigger.*', '2026-03-04T09:00Z');
  story.at('2026-03-02T10:00Z').spend(510);
  story.expectMail(between('2026-03-02T10:00Z', '2026-03-02T10:30Z')).subject(/crossed \$500/);
  await story.run('2026-03-02T14:00Z');
});
