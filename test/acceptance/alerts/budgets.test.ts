import { expect, test } from 'vitest';
import { between, days, hours, minutes, Timeline } from '../../support/timeline/timeline.ts';

const CROSSED = ['budget.crossed'];

test('three thresholds crossed in steps give three mails, once each', async () => {
  const story = new Timeline({ start: '2026-03-01T00:00Z', every: hours(6), only: CROSSED });
  story.at('2026-03-02T10:00Z').spend(480);
  story.at('2026-03-05T09:00Z').spend(30);
  story.at('2026-03-12T09:00Z').spend(600);
  story.at('2026-03-20T09:00Z').spend(1_000);
  story
    .expectMail(between('2026-03-05T09:00Z', '2026-03-05T12:00Z'))
    .subject(/spend of 2026-03 crossed \$500\.00: now \$510\.00/)
    .says('The next threshold is $1,000.00');
  story.expectMail(between('2026-03-12T09:00Z', '2026-03-12T12:00Z')).subject(/crossed \$1,000/);
  story.expectMail(between('2026-03-20T09:00Z', '2026-03-20T12:00Z')).subject(/crossed \$2,000/);
  await story.run('2026-03-31T18:00Z');
});

test('a jump over all thresholds gives one mail that names the highest and lists the others', async () => {
  const story = new Timeline({ start: '2026-03-01T00:00Z', every: hours(6), only: CROSSED });
  story.at('2026-03-02T10:00Z').spend(400);
  story.at('2026-03-08T10:00Z').spend(1_700);
  story
    .expectMail(between('2026-03-08T10:00Z', '2026-03-08T12:00Z'))
    .subject(/crossed \$2,000\.00: now \$2,100\.00/)
    .says('$1000, $500');
  await story.run('2026-03-31T18:00Z');
});

test('every message carries number, rule, window, zone, change, next step and link', async () => {
  const story = new Timeline({ start: '2026-03-01T00:00Z', every: hours(6), only: CROSSED });
  story.at('2026-03-02T10:00Z').spend(510);
  const mail = story.expectMail(between('2026-03-02T10:00Z', '2026-03-02T12:00Z'));
  for (const text of [
    'Number:',
    'Rule:',
    'Window:',
    'Zone:',
    'Changed:',
    'Next step:',
    'http://127.0.0.1:8788/alerts/budget.crossed/2026-03/500/crossed',
  ]) {
    mail.says(text);
  }
  await story.run('2026-03-03T00:00Z');
});

test('the forecast speaks first, the crossing follows, and the forecast stays silent after it', async () => {
  const story = new Timeline({
    start: '2026-03-01T00:00Z',
    every: hours(6),
    only: ['budget.crossed', 'budget.forecast'],
  });
  story.repeat({ from: '2026-03-01T00:00Z', to: '2026-04-01T00:00Z', every: days(1) }, (moment) =>
    moment.spend(22),
  );
  story
    .expectMail(between('2026-03-04T00:00Z', '2026-03-04T12:00Z'))
    .subject(/2026-03 is forecast to reach \$6\d\d\.\d\d, over \$500\.00/)
    .says('80 % band');
  story.expectMail(between('2026-03-23T00:00Z', '2026-03-23T06:00Z')).subject(/crossed \$500/);
  await story.run('2026-03-31T18:00Z');
});

test('an hour that runs away is told at once', async () => {
  const story = new Timeline({
    start: '2026-03-10T00:00Z',
    every: minutes(10),
    only: ['budget.burn-rate'],
  });
  story.at('2026-03-10T00:00Z').spend(100);
  story.at('2026-03-10T05:00Z').spend(40);
  story
    .expectMail(between('2026-03-10T00:00Z', '2026-03-10T00:10Z'))
    .subject(/\$500\.00 is reached/)
    .says('last hour cost $100.00');
  await story.run('2026-03-10T12:00Z');
});

test.each([
  ['UTC', '2026-03-31T23:59Z', '2026-04-01T00:01Z'],
  ['Asia/Kathmandu', '2026-03-31T17:30Z', '2026-03-31T19:30Z'],
  ['America/New_York', '2026-04-01T03:30Z', '2026-04-01T04:30Z'],
  ['Europe/Berlin', '2026-03-31T21:30Z', '2026-03-31T22:30Z'],
  ['Pacific/Apia', '2026-03-31T10:30Z', '2026-03-31T11:30Z'],
])('a new month starts clean in %s, over the change of clocks', async (zone, last, first) => {
  const story = new Timeline({ start: '2026-03-28T00:00Z', every: hours(1), zone, only: CROSSED });
  story.at('2026-03-28T10:00Z').spend(450);
  story.at(last).spend(60);
  story.at(first).spend(510);
  story
    .expectMail({ ...between(last, first), to: between(first, first).to + hours(2) })
    .subject(/spend of 2026-03 crossed \$500\.00: now \$510\.00/)
    .says(zone);
  story
    .expectMail({ ...between(first, first), to: between(first, first).to + hours(2) })
    .subject(/spend of 2026-04 crossed \$500\.00: now \$510\.00/);
  await story.run('2026-04-02T00:00Z');
});

test('a restart at every step changes nothing', async () => {
  const story = new Timeline({
    start: '2026-03-01T00:00Z',
    every: hours(6),
    restart: true,
    only: CROSSED,
  });
  story.at('2026-03-02T10:00Z').spend(510);
  story.at('2026-03-05T09:00Z').spend(600);
  story.expectMail(between('2026-03-02T10:00Z', '2026-03-02T12:00Z')).subject(/crossed \$500/);
  story.expectMail(between('2026-03-05T09:00Z', '2026-03-05T12:00Z')).subject(/crossed \$1,000/);
  await story.run('2026-03-12T00:00Z');
});

test('two instances at once tell it once', async () => {
  const story = new Timeline({
    start: '2026-03-01T00:00Z',
    every: hours(6),
    instances: 2,
    only: CROSSED,
  });
  story.at('2026-03-02T10:00Z').spend(510);
  story.at('2026-03-05T09:00Z').spend(600);
  story.expectMail(between('2026-03-02T10:00Z', '2026-03-02T12:00Z')).subject(/crossed \$500/);
  story.expectMail(between('2026-03-05T09:00Z', '2026-03-05T12:00Z')).subject(/crossed \$1,000/);
  await story.run('2026-03-12T00:00Z');
});

test('a bill that comes late and lowers the month is told as one correction', async () => {
  const story = new Timeline({
    start: '2026-03-01T00:00Z',
    every: hours(6),
    only: ['budget.crossed', 'budget.correction'],
  });
  story.at('2026-03-02T10:00Z').spend(300);
  story.at('2026-03-03T10:00Z').spend(300);
  story.at('2026-03-05T10:00Z').bill('2026-03-02T10:00Z', 200).bill('2026-03-03T10:00Z', 200);
  story.at('2026-03-06T10:00Z').bill('2026-03-03T10:00Z', 100);
  story.expectMail(between('2026-03-03T10:00Z', '2026-03-03T12:00Z')).subject(/crossed \$500/);
  story
    .expectMail(between('2026-03-05T10:00Z', '2026-03-05T12:00Z'))
    .subject(/correction for 2026-03: \$400\.00 instead of \$600\.00/)
    .says('The threshold was not reached then');
  await story.run('2026-03-20T00:00Z');
});

test('a bill that differs by less than 5 % is not told', async () => {
  const story = new Timeline({
    start: '2026-03-01T00:00Z',
    every: hours(6),
    only: ['budget.crossed', 'budget.correction'],
  });
  story.at('2026-03-02T10:00Z').spend(600);
  story.at('2026-03-05T10:00Z').bill('2026-03-02T10:00Z', 580);
  story.expectMail(between('2026-03-02T10:00Z', '2026-03-02T12:00Z')).subject(/crossed \$500/);
  await story.run('2026-03-12T00:00Z');
});

test('spend that falls below a threshold and rises again is not told twice', async () => {
  const story = new Timeline({ start: '2026-03-01T00:00Z', every: hours(6), only: CROSSED });
  story.at('2026-03-02T10:00Z').spend(510);
  story.at('2026-03-03T10:00Z').bill('2026-03-02T10:00Z', 450);
  story.at('2026-03-04T10:00Z').spend(100);
  story.expectMail(between('2026-03-02T10:00Z', '2026-03-02T12:00Z')).subject(/crossed \$500/);
  await story.run('2026-03-12T00:00Z');
});

test('a clock that steps back a day and forward again repeats nothing', async () => {
  const story = new Timeline({ start: '2026-03-31T12:00Z', every: hours(1), only: CROSSED });
  story.at('2026-03-31T20:00Z').spend(510);
  story.at('2026-03-31T22:00Z').clockStep(-days(1));
  story.expectMail(between('2026-03-31T20:00Z', '2026-03-31T21:00Z')).subject(/crossed \$500/);
  await story.run('2026-04-02T00:00Z');
  expect(story.mails).toHaveLength(1);
});

test('with nothing to say nothing is sent, whatever the rule', async () => {
  const story = new Timeline({ start: '2026-03-01T00:00Z', every: hours(6) });
  story.repeat({ from: '2026-03-01T12:00Z', to: '2026-03-31T00:00Z', every: days(1) }, (moment) =>
    moment.spend(3, 200),
  );
  await story.run('2026-03-31T18:00Z');
  expect(story.mails).toHaveLength(0);
});
