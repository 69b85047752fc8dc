import { test } from 'vitest';
import {
  between,
  days,
  hours,
  instant,
  minutes,
  TIMELINE_SETTINGS,
  Timeline,
} from '../../support/timeline/timeline.ts';

const OUTAGE = ['emergency.incident', 'emergency.outage'];

test('an outage is an incident after five minutes, an emergency after four hours, and has an end', async () => {
  const story = new Timeline({ start: '2026-03-02T08:00Z', every: minutes(5), only: OUTAGE });
  story.at('2026-03-02T08:00Z').successes(2);
  story.repeat(
    { from: '2026-03-02T09:00Z', to: '2026-03-02T14:00Z', every: minutes(20) },
    (moment) => moment.failures(3),
  );
  story.at('2026-03-02T14:10Z').successes(1);
  story
    .expectMail(between('2026-03-02T09:05Z', '2026-03-02T09:15Z'))
    .subject(/Incident: generate is down/)
    .says('modal_no_container 3');
  story
    .expectMail(between('2026-03-02T13:00Z', '2026-03-02T13:10Z'))
    .subject(/EMERGENCY, outage: generate is down/);
  story
    .expectMail(between('2026-03-02T14:10Z', '2026-03-02T14:15Z'))
    .subject(/Incident over: generate is up again after 5\.2 h and 45 failed requests/);
  await story.run('2026-03-02T18:00Z');
});

test('failures that a success interrupts are no incident', async () => {
  const story = new Timeline({ start: '2026-03-02T08:00Z', every: minutes(5), only: OUTAGE });
  story.repeat(
    { from: '2026-03-02T09:00Z', to: '2026-03-02T11:00Z', every: minutes(10) },
    (moment) => moment.failures(2).successes(1),
  );
  await story.run('2026-03-02T12:00Z');
});

test('two failures before a quiet night are no outage', async () => {
  const story = new Timeline({ start: '2026-03-02T20:00Z', every: minutes(30), only: OUTAGE });
  story.at('2026-03-02T21:00Z').failures(2);
  story.at('2026-03-03T08:00Z').successes(1);
  await story.run('2026-03-03T10:00Z');
});

test('an outage that began and ended while the service was away is told afterwards', async () => {
  const story = new Timeline({ start: '2026-03-02T08:00Z', every: hours(8), only: OUTAGE });
  story.at('2026-03-02T09:00Z').failures(5);
  story.at('2026-03-02T10:00Z').failures(5);
  story.at('2026-03-02T12:00Z').successes(1);
  story
    .expectMail(between('2026-03-02T16:00Z', '2026-03-02T16:00Z'))
    .subject(/Incident over: generate/);
  await story.run('2026-03-03T08:00Z');
});

test('a spike of more than $2,000 a month is told when it begins and when it is over', async () => {
  const story = new Timeline({
    start: '2026-03-01T00:00Z',
    every: hours(6),
    only: ['emergency.spike'],
  });
  story.repeat({ from: '2026-03-01T00:00Z', to: '2026-03-31T00:00Z', every: days(1) }, (moment) =>
    moment.spend(10),
  );
  story.at('2026-03-20T06:00Z').spend(150);
  story
    .expectMail(between('2026-03-20T06:00Z', '2026-03-20T12:00Z'))
    .subject(/EMERGENCY, cost spike: spend runs at \$4,800\.00 a month/);
  story.expectMail(between('2026-03-21T06:00Z', '2026-03-21T12:00Z')).subject(/Cost spike over/);
  await story.run('2026-03-30T00:00Z');
});

test('growth below the threshold is no spike', async () => {
  const story = new Timeline({
    start: '2026-03-01T00:00Z',
    every: hours(12),
    only: ['emergency.spike'],
  });
  story.repeat({ from: '2026-03-01T00:00Z', to: '2026-03-25T00:00Z', every: days(1) }, (moment) =>
    moment.spend(10),
  );
  story.at('2026-03-20T06:00Z').spend(60);
  await story.run('2026-03-25T00:00Z');
});

const residency = {
  name: 'EU customers',
  regions: ['eu'],
  effectiveAt: instant('2026-03-10T00:00Z'),
  reference: 'contract 7',
  endpoints: null,
};
const withResidency = {
  ...TIMELINE_SETTINGS,
  triggers: { ...TIMELINE_SETTINGS.triggers, compliance: [residency] },
};

test('a residency requirement is an emergency on the day it takes effect, and met as a trigger', async () => {
  const story = new Timeline({
    start: '2026-03-08T00:00Z',
    every: hours(6),
    settings: withResidency,
    only: ['emergency.compliance', 'trigger.compliance'],
  });
  story
    .expectMail(between('2026-03-10T00:00Z', '2026-03-10T00:00Z'))
    .subject(/EMERGENCY, residency requirement: EU customers is in force/)
    .says('contract 7');
  story
    .expectMail(between('2026-03-10T00:00Z', '2026-03-10T00:00Z'))
    .subject(/Migration trigger met: generate may run outside eu/);
  await story.run('2026-03-12T00:00Z');
});

test('an endpoint that is pinned inside meets the requirement', async () => {
  const story = new Timeline({
    start: '2026-03-08T00:00Z',
    every: hours(6),
    settings: withResidency,
    endpoints: [{ name: 'generate', region: 'eu', latencyObjectiveUs: null }],
    only: ['trigger.compliance'],
  });
  await story.run('2026-03-12T00:00Z');
});

test('the service tells when it goes blind, and when it sees again', async () => {
  const story = new Timeline({
    start: '2026-03-02T08:00Z',
    every: minutes(10),
    only: ['budget.blindness'],
  });
  story
    .at('2026-03-02T09:00Z')
    .recorder({ journal: { ok: false, entriesAtRisk: 12, lastError: 'ENOSPC' } });
  story
    .at('2026-03-02T11:00Z')
    .recorder({ journal: { ok: true, entriesAtRisk: 0, lastError: null } });
  story
    .expectMail(between('2026-03-02T09:00Z', '2026-03-02T09:10Z'))
    .subject(/Tripmeter is blind: the journal cannot be written, 12 records at risk/)
    .says('ENOSPC');
  story
    .expectMail(between('2026-03-02T11:00Z', '2026-03-02T11:10Z'))
    .subject(/Tripmeter sees again/);
  await story.run('2026-03-02T14:00Z');
});

test('a journal that flaps is told once a day', async () => {
  const story = new Timeline({
    start: '2026-03-02T08:00Z',
    every: minutes(10),
    only: ['budget.blindness'],
  });
  story.repeat(
    { from: '2026-03-02T09:00Z', to: '2026-03-02T12:00Z', every: minutes(20) },
    (moment) => moment.recorder({ diskFreeBytes: 1e6 }),
  );
  story.repeat(
    { from: '2026-03-02T09:10Z', to: '2026-03-02T12:00Z', every: minutes(20) },
    (moment) => moment.recorder({ diskFreeBytes: 1e12 }),
  );
  story
    .expectMail(between('2026-03-02T09:00Z', '2026-03-02T09:10Z'))
    .subject(/only 1 MB of disk are free/);
  story
    .expectMail(between('2026-03-02T09:10Z', '2026-03-02T09:20Z'))
    .subject(/Tripmeter sees again/);
  await story.run('2026-03-02T14:00Z');
});
