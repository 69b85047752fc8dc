import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { simpleParser } from 'mailparser';
import { expect, onTestFinished, test } from 'vitest';
import { sampleClosed } from '../../support/ledger/sample-requests.ts';
import { documentOf, tablesOf } from '../../support/report/read-html.ts';
import { createReportBench } from '../../support/report/report-bench.ts';
import { instant } from '../../support/report/sample-report.ts';

const NAMES = {
  script: '<script>alert(1)</script>',
  attribute: '" onload="alert(1)',
  long: 'x'.repeat(4_096),
  rtl: '\u202eمرحبا\u202c abc',
  emoji: '🚀 launch 👩‍👩‍👧',
  formula: '=HYPERLINK("http://evil.example";"click")',
  control: 'a\u0000b\u001b[31mc',
  template: '{{x}} %s cid:evil',
  newline: 'one\r\nBcc: victim@example.com',
  lone: 'half \ud83d a pair',
};

async function hostileReport() {
  const bench = await createReportBench();
  onTestFinished(() => bench.close());
  const at = instant('2026-11-18T10:00:00Z');
  const requests = Object.values(NAMES).flatMap((name, index) =>
    Array.from({ length: 3 }, (_, turn) =>
      sampleClosed({
        startedAt: at + (index * 3 + turn) * 60_000_000,
        endpoint: index % 2 === 0 ? name : 'generate',
        operation: name,
        client: name,
        tags: { note: name },
        path: `/${name}`,
        ...(turn === 2
          ? { outcome: 'upstream_error', status: 503, errorClass: 'modal_no_container', paid: 'no' }
          : {}),
      }),
    ),
  );
  await bench.fill(requests, at + 86_400_000_000);
  const write = async (file: string) => {
    const args = ['report', '--week', '2026-W47', '--out', file];
    const { code, err } = await bench.run(args, instant('2026-11-23T09:00:00Z'));
    expect(code, err).toBe(0);
    return readFileSync(join(bench.dir, file), 'utf8');
  };
  return {
    html: await write('r.html'),
    csv: await write('r.csv'),
    text: await write('r.txt'),
    eml: await write('r.eml'),
  };
}

test('names that others chose stay text in every part of the report', async () => {
  const { html, csv, text, eml } = await hostileReport();
  const document = documentOf(html);
  expect(document.querySelectorAll('script,iframe,object,form,a')).toHaveLength(0);
  for (const element of document.querySelectorAll('*')) {
    expect([...element.attributes].filter(({ name }) => name.startsWith('on'))).toEqual([]);
  }
  const operations = tablesOf(html)
    .find(({ caption }) => caption === 'Requests by operation')
    ?.rows.map(([name]) => name ?? '');
  expect(operations).toContain('<script>alert(1)</script>');
  expect(operations).toContain('" onload="alert(1)');
  expect(operations).toContain('🚀 launch 👩‍👩‍👧');
  expect(operations).toContain(`${'x'.repeat(59)}…`);
  for (const part of [html, csv, text]) {
    expect(part).not.toContain('x'.repeat(100));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
    expect(part).not.toMatch(/[\u0000-\u0008\u001b\u202a-\u202e\u2066-\u2069]/);
    expect(part.isWellFormed()).toBe(true);
  }
  expect(csv).toContain(`"'=HYPERLINK(""http://evil.example"";""click"")"`);
  const mail = await simpleParser(eml);
  expect(mail.headers.has('bcc')).toBe(false);
  expect(String(mail.html)).not.toContain('<script');
});
