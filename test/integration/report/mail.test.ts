import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { type Attachment, type ParsedMail, simpleParser } from 'mailparser';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { documentOf } from '../../support/report/read-html.ts';
import type { ReportBench } from '../../support/report/report-bench.ts';
import { SAMPLE_NOW, sampleReportBench } from '../../support/report/sample-report.ts';

let bench: ReportBench;
let raw: string;
let mail: ParsedMail;

beforeAll(async () => {
  bench = await sampleReportBench({
    channels: {
      email: {
        smtp: 'smtp://127.0.0.1:2525',
        from: 'Tripmeter <meter@tripmeter.example>',
        to: ['founder@example.com'],
      },
    },
  });
  const args = ['report', '--week', '2026-W47', '--out', 'r.eml'];
  const { code, err } = await bench.run(args, SAMPLE_NOW);
  expect(code, err).toBe(0);
  raw = readFileSync(join(bench.dir, 'r.eml'), 'utf8');
  // mailparser would put data: addresses in the place of cid: ones.
  mail = await simpleParser(raw, { skipImageLinks: true });
}, 60_000);

afterAll(() => bench.close());

const pictures = () => mail.attachments.filter(({ contentType }) => contentType === 'image/png');

test('the mail is multipart: text and HTML as alternatives, pictures related, CSV files beside', () => {
  const types = [...raw.matchAll(/^Content-Type: ([\w/]+)/gm)].map(([, type]) => type);
  expect(types).toEqual([
    'multipart/mixed',
    'multipart/alternative',
    'text/plain',
    'multipart/related',
    'text/html',
    ...Array(5).fill('image/png'),
    'text/csv',
    'text/csv',
  ]);
  expect(mail.text).toContain('STAY ON MODAL');
  expect(mail.html).toContain('<h1');
});

test('every picture of the HTML is in the mail, and every picture in the mail is shown', () => {
  const shown = [...documentOf(String(mail.html)).querySelectorAll('img')].map((image) =>
    image.getAttribute('src')?.replace('cid:', ''),
  );
  expect(shown.length).toBe(5);
  expect(pictures().map(({ cid }) => cid)).toEqual(shown);
  for (const { contentDisposition } of pictures()) expect(contentDisposition).toBe('inline');
});

test('pictures are PNG files of twice the width at which they are shown, with something drawn', () => {
  for (const { content } of pictures()) {
    expect(content.subarray(1, 4).toString()).toBe('PNG');
    expect(content.readUInt32BE(16)).toBe(1_040);
    expect(content.length).toBeGreaterThan(4_000);
  }
});

test('the headers say who, what, that a machine wrote it, and how to get rid of it', () => {
  expect(mail.messageId).toMatch(/^<weekly-2026-W47\.[0-9a-f]{16}@tripmeter\.example>$/);
  expect(mail.subject).toMatch(
    /^\[tripmeter\] 2026-W47: STAY ON MODAL, \$[\d.,]+ this week, 0 of 5 triggers met$/,
  );
  expect(mail.headers.get('auto-submitted')).toBe('auto-generated');
  const { unsubscribe } = mail.headers.get('list') as unknown as { unsubscribe: { mail: string } };
  expect(unsubscribe.mail).toMatch(/^meter@tripmeter\.example\?subject=/);
});

test('no line of the mail is longer than SMTP allows, and all of it is ASCII', () => {
  const longest = Math.max(...raw.split('\r\n').map((line) => line.length));
  expect(longest).toBeLessThanOrEqual(998);
  expect(/^[\r\n\t -~]*$/.test(raw)).toBe(true);
});

test('the HTML is below the 102 kB at which Gmail cuts, and asks for nothing from outside', () => {
  const html = String(mail.html);
  expect(Buffer.byteLength(html)).toBeLessThan(100_000);
  expect(html).not.toMatch(/<script|<link|<iframe|<form|javascript:|https?:/i);
});

test('the day-by-day CSV has a line for each day of the week', () => {
  const days = mail.attachments.find(({ filename }) => filename === 'tripmeter-2026-W47-days.csv');
  const rows: Record<string, string>[] = parse((days as Attachment).content, { columns: true });
  expect(rows.map(({ day }) => day)).toEqual(
    [16, 17, 18, 19, 20, 21, 22].map((day) => `2026-11-${day}`),
  );
  expect(Number(rows[2]?.failed)).toBeGreaterThan(Number(rows[1]?.failed) + 20);
});
