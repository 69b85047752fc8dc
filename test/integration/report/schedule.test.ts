import { expect, onTestFinished, test } from 'vitest';
import { createDelivery } from '../../../alerts/delivery.ts';
import { MICROS_PER_DAY, MICROS_PER_HOUR, MICROS_PER_MINUTE } from '../../../src/core/units.ts';
import { createScheduler } from '../../../src/jobs/scheduler.ts';
import { jobRunStore } from '../../../src/ledger/queries/job-runs.ts';
import { outboxStore } from '../../../src/ledger/queries/outbox.ts';
import { reportJobs } from '../../../src/office/report-jobs.ts';
import { recorderBeside } from '../../../src/wiring/alert-recorder.ts';
import { reportsOf } from '../../../src/wiring/reports-of.ts';
import { createReportBench } from '../../support/report/report-bench.ts';
import { sampleHistory } from '../../support/report/sample-history.ts';
import { instant } from '../../support/report/sample-report.ts';
import { type ReceivedMail, startSmtp } from '../../support/timeline/smtp.ts';

const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** Scheduler, outbox and a real mail server under a clock set by hand. */
async function office({
  instances = 1,
  report = {},
}: {
  instances?: number;
  report?: object;
} = {}) {
  let now = instant('2026-11-16T08:00:00Z');
  const clock = { now: () => now, monotonic: () => now };
  const smtp = await startSmtp(() => now);
  const bench = await createReportBench({
    report,
    channels: {
      email: {
        smtp: `smtp://127.0.0.1:${smtp.port}`,
        from: 'Tripmeter <meter@tripmeter.example>',
        to: ['founder@example.com', 'Ops <ops@example.com>'],
        tls: 'opportunistic',
        timeoutMs: 2_000,
      },
    },
  });
  onTestFinished(async () => {
    await smtp.close();
    await bench.close();
  });
  const from = instant('2026-11-09T00:00:00Z');
  const history = sampleHistory({ from, to: from + 21 * MICROS_PER_DAY, pace: 0.1 });
  await bench.fill(history.requests, from + 22 * MICROS_PER_DAY);
  const { ledger, config } = bench;
  const recorder = recorderBeside({ ledger, collectors: [] });
  const processes = Array.from({ length: instances }, (_, index) => {
    const reports = reportsOf({ ledger, config, recorder });
    const { jobs, channels } = reportJobs({ ledger, config, clock, reports });
    const holder = `instance-${index}`;
    const tools = { clock, log: SILENT, holder };
    const scheduler = createScheduler({ jobs, store: jobRunStore(ledger.db), ...tools });
    const store = outboxStore(ledger.db);
    const random = () => 0.5;
    const delivery = createDelivery({ store, channels, random, linkOf: () => '', ...tools });
    return { scheduler, delivery };
  });
  return {
    ...{ smtp, bench },
    /** Steps of so long until the instant; what happens at each is what a minute of service does. */
    play: async (until: string, every = MICROS_PER_HOUR) => {
      for (; now <= instant(until); now += every) {
        await Promise.all(processes.map(({ scheduler }) => scheduler.tick()));
        await Promise.all(processes.map(({ delivery }) => delivery.deliverDue()));
      }
    },
    /** Nobody runs until then. */
    sleep: (until: string) => {
      now = instant(until);
    },
  };
}

type Office = Awaited<ReturnType<typeof office>>;

const confirmed = ({ smtp }: Office) => smtp.received.filter((mail) => mail.confirmed);
const subjects = (one: Office) =>
  confirmed(one).map(({ parsed }) => parsed.subject?.replace(/: .*/, ''));
const recipients = (one: Office) => smtpRecipients(one).toSorted();
const smtpRecipients = (one: Office) =>
  confirmed(one).map(({ parsed }) =>
    Array.isArray(parsed.to) ? '' : (parsed.to?.value[0]?.address ?? ''),
  );

test('each recipient gets each week once, on Monday at nine, however many instances there are', async () => {
  const one = await office({ instances: 3 });
  await one.play('2026-11-24T12:00:00Z');
  expect(subjects(one)).toEqual([
    ...Array(2).fill('[tripmeter] 2026-W46'),
    ...Array(2).fill('[tripmeter] 2026-W47'),
  ]);
  expect(recipients(one)).toEqual([
    'founder@example.com',
    'founder@example.com',
    'ops@example.com',
    'ops@example.com',
  ]);
  expect(new Set(confirmed(one).map(({ at }) => at))).toEqual(
    new Set([instant('2026-11-16T09:00:00Z'), instant('2026-11-23T09:00:00Z')]),
  );
});

test('a mail server that refuses for now gets the same message again, until it takes it', async () => {
  const one = await office({ report: { to: ['founder@example.com'] } });
  one.smtp.mode = '451';
  await one.play('2026-11-16T09:05:00Z', MICROS_PER_MINUTE);
  expect(one.smtp.attempts).toBeGreaterThanOrEqual(3);
  expect(confirmed(one)).toEqual([]);
  one.smtp.mode = 'up';
  await one.play('2026-11-16T10:30:00Z', MICROS_PER_MINUTE);
  expect(subjects(one)).toEqual(['[tripmeter] 2026-W46']);
});

test('a connection lost after the message was taken gives a copy with the same id and the same figures', async () => {
  const one = await office({ report: { to: ['founder@example.com'] } });
  one.smtp.mode = 'drop';
  await one.play('2026-11-16T09:01:00Z', MICROS_PER_MINUTE);
  const taken = one.smtp.received.length;
  expect(taken).toBeGreaterThan(0);
  // What has become known since is not in the copy: both say the same.
  await one.bench.ledger.db.updateTable('spend_hours').set({ effective_nano: 1 }).execute();
  one.smtp.mode = 'up';
  await one.play('2026-11-16T10:00:00Z', MICROS_PER_MINUTE);
  expect(one.smtp.received.map((mail) => mail.confirmed)).toEqual([
    ...Array(taken).fill(false),
    true,
  ]);
  const same = (pick: (mail: ReceivedMail) => string | undefined) =>
    new Set(one.smtp.received.map(pick)).size;
  expect(same(({ parsed }) => parsed.messageId)).toBe(1);
  expect(same(({ parsed }) => parsed.text)).toBe(1);
  expect(one.smtp.received[0]?.parsed.messageId).toMatch(/^<weekly-2026-W46\./);
});

test('a refusal for good is not repeated, and shown among the alerts', async () => {
  const one = await office({ report: { to: ['founder@example.com'] } });
  one.smtp.mode = '550';
  await one.play('2026-11-16T12:00:00Z', 10 * MICROS_PER_MINUTE);
  expect(one.smtp.attempts).toBe(1);
  const listed = await one.bench.run(['alerts', 'list', '--json'], instant('2026-11-16T12:00:00Z'));
  expect(listed.out).toContain('report.weekly');
  expect(listed.out).toContain('dead');
  expect(listed.out).not.toContain('founder@example.com');
});

test('weeks that were missed while the service was down are sent once at its next start, marked late', async () => {
  const one = await office({ report: { to: ['founder@example.com'] } });
  await one.play('2026-11-16T10:00:00Z');
  one.sleep('2026-12-02T15:00:00Z');
  await one.play('2026-12-03T15:00:00Z');
  expect(subjects(one)).toEqual([
    '[tripmeter] 2026-W46',
    '[late] [tripmeter] 2026-W47',
    '[late] [tripmeter] 2026-W48',
  ]);
  expect(confirmed(one)[1]?.parsed.text).toContain(
    'Late: the service was down when this report was due.',
  );
});

test('a mail server that is away for two days gets the report when it is back', async () => {
  const one = await office({ report: { to: ['founder@example.com'] } });
  one.smtp.mode = '451';
  await one.play('2026-11-18T09:00:00Z');
  one.smtp.mode = 'up';
  await one.play('2026-11-18T12:00:00Z');
  expect(subjects(one)).toEqual(['[tripmeter] 2026-W46']);
});

test('a quarter that ended gives its checkpoint by mail, once', async () => {
  const one = await office({ report: { to: ['founder@example.com'] } });
  one.sleep('2026-12-31T08:00:00Z');
  await one.play('2027-01-02T12:00:00Z');
  expect(subjects(one).filter((subject) => subject?.includes('Q'))).toEqual([
    '[tripmeter] 2026-Q4',
  ]);
});

test('report --send sends now, with the id that the scheduled one has', async () => {
  const one = await office({ report: { to: ['founder@example.com'] } });
  const now = instant('2026-11-16T08:30:00Z');
  const sent = await one.bench.run(['report', '--week', '2026-W46', '--send'], now);
  expect(sent).toMatchObject({ code: 0, err: 'Sent to founder@example.com\n' });
  await one.play('2026-11-16T10:00:00Z');
  const ids = one.smtp.received.map(({ parsed }) => parsed.messageId);
  expect(ids).toHaveLength(2);
  expect(new Set(ids).size).toBe(1);
  one.smtp.mode = '550';
  const failed = await one.bench.run(['report', '--week', '2026-W46', '--send'], now);
  expect(failed.code).toBe(1);
  expect(failed.err).toContain('Not sent to founder@example.com: the mail server refused with 550');
});
