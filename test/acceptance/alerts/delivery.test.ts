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

test('a mail server that says 451 for most of a day gets the mail in the end, once', async () => {
  const story = new Timeline(options);
  story.at('2026-03-02T10:00Z').smtp('451').spend(510);
  story.at('2026-03-03T06:00Z').smtp('up');
  story.expectMail(between('2026-03-03T06:00Z', '2026-03-03T07:30Z')).subject(/crossed \$500/);
  await story.run('2026-03-03T12:00Z');
  expect(story.smtpAttempts).toBeGreaterThan(10);
  expect(story.smtpAttempts).toBeLessThan(40);
});

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

test('a server that hangs is given up on in time and tried again', async () => {
  const story = new Timeline(options);
  story.at('2026-03-02T10:00Z').smtp('hang').spend(510);
  story.at('2026-03-02T11:00Z').smtp('up');
  story.expectMail(between('2026-03-02T11:00Z', '2026-03-02T12:30Z')).subject(/crossed \$500/);
  await story.run('2026-03-02T13:00Z');
});

test('a connection cut after the message was taken gives a copy with the same Message-ID', async () => {
  const story = new Timeline(options);
  story.at('2026-03-02T10:00Z').smtp('drop').spend(510);
  story.at('2026-03-02T10:30Z').smtp('up');
  story.expectMail(between('2026-03-02T10:30Z', '2026-03-02T11:30Z')).subject(/crossed \$500/);
  await story.run('2026-03-02T14:00Z');
  const ids = new Set(story.mails.map(({ parsed }) => parsed.messageId));
  expect(story.mails.length).toBeGreaterThan(1);
  expect(ids.size).toBe(1);
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
