import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { expect, onTestFinished, test } from 'vitest';
import { writeDearService } from '../../support/report/dear-service.ts';
import { documentOf } from '../../support/report/read-html.ts';
import { createReportBench } from '../../support/report/report-bench.ts';
import { instant } from '../../support/report/sample-report.ts';

const NOW = instant('2026-11-23T09:00:00Z');
const STAFFED = { decision: { capacity: { who: 'Ada and Bob', until: '2027-03-31' } } };

interface Given {
  readonly from?: string;
  readonly requestsAnHour?: number;
  readonly dollarsAnHour: number;
  readonly lastDayFactor?: number;
  readonly settings?: object;
}

/** The mail of 2026-W47 of a service that has looked like this until the week's end. */
async function mailOf({ from = '2026-04-01', requestsAnHour = 1_667, settings, ...spend }: Given) {
  const bench = await createReportBench(settings);
  onTestFinished(() => bench.close());
  await writeDearService(bench.ledger, {
    from: instant(`${from}T00:00:00Z`),
    to: instant('2026-11-23T00:00:00Z'),
    ...{ ...spend, requestsAnHour },
  });
  const args = ['report', '--week', '2026-W47', '--out', 'r.eml'];
  const { code, err } = await bench.run(args, NOW);
  expect(code, err).toBe(0);
  const mail = await simpleParser(readFileSync(join(bench.dir, 'r.eml')), {
    skipImageLinks: true,
  });
  const html = documentOf(String(mail.html));
  return {
    subject: mail.subject,
    text: mail.text ?? '',
    banner: html.querySelector('h1')?.textContent,
    beneath: html.querySelector('h1 + p')?.textContent,
  };
}

test('when every condition holds, subject, banner and text say to move, and why', async () => {
  // 1.2 million requests and about $1,170 a month for eight months.
  const { subject, text, banner, beneath } = await mailOf({
    dollarsAnHour: 1.6,
    settings: STAFFED,
  });
  expect(subject).toMatch(/^\[tripmeter\] 2026-W47: MOVE, \$268\.80 this week, \d of 5 triggers/);
  expect(banner).toBe('MOVE');
  expect(beneath).toMatch(/^\d of 5 triggers met, go\/no-go 5 of 5\.$/);
  expect(text).toMatch(/^MOVE$/m);
  expect(text).toContain('Ada and Bob, until 2027-03-31');
  expect(text).toMatch(/paid back in \d+\.\d months/);
  expect(text).toContain('5 of 5 conditions hold; all must hold to move.');
  expect(text).not.toContain('Missing for a move');
});

test('without anybody to do it the same service stays, and the report names what is missing', async () => {
  const { subject, banner, beneath, text } = await mailOf({ dollarsAnHour: 1.6 });
  expect(subject).toContain('STAY ON MODAL');
  expect(banner).toBe('STAY ON MODAL');
  expect(beneath).toMatch(/go\/no-go 4 of 5\.$/);
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    'Missing for a move: Engineering capacity is available.',
  );
});

test('spend that jumps by thousands a month says to reassess, above all that speaks for a move', async () => {
  // Six days at $38.40, the seventh at ten times as much.
  const { subject, banner, text } = await mailOf({
    ...{ dollarsAnHour: 1.6, lastDayFactor: 10, settings: STAFFED },
  });
  expect(subject).toMatch(/^\[tripmeter\] 2026-W47: REASSESS NOW, \$614\.40 this week/);
  expect(banner).toBe('REASSESS NOW');
  expect(text).toMatch(/^REASSESS NOW$/m);
  expect(text.replaceAll(/\s+/g, ' ')).toContain(
    'Alarm: spend runs at $11,520.00 a month, $10,368.00 above expectation.',
  );
});

test('what a young record cannot tell is called unknown, not no', async () => {
  const { banner, text } = await mailOf({ from: '2026-11-18', dollarsAnHour: 0.5 });
  expect(banner).toBe('STAY ON MODAL');
  expect(text).toContain('not enough data');
  expect(text.replaceAll(/\s+/g, ' ')).toMatch(
    /More than 100k requests a month, sustained .{0,20}unknown/,
  );
});
