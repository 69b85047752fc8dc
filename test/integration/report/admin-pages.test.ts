import { afterAll, beforeAll, expect, test } from 'vitest';
import { type AdminServer, createAdminServer } from '../../../src/api/admin-server.ts';
import { reportRoutes } from '../../../src/api/routes/reports.ts';
import { recorderBeside } from '../../../src/wiring/alert-recorder.ts';
import { reportPages } from '../../../src/wiring/report-pages.ts';
import { reportsOf } from '../../../src/wiring/reports-of.ts';
import { documentOf, tablesOf } from '../../support/report/read-html.ts';
import type { ReportBench } from '../../support/report/report-bench.ts';
import { SAMPLE_NOW, sampleReportBench } from '../../support/report/sample-report.ts';

let bench: ReportBench;
let server: AdminServer;
let url: string;

beforeAll(async () => {
  bench = await sampleReportBench();
  const { ledger, config } = bench;
  const reports = reportsOf({
    ledger,
    config,
    recorder: recorderBeside({ ledger, collectors: [] }),
  });
  await reports.keep({ label: '2026-W46', now: SAMPLE_NOW, late: false });
  const clock = { now: () => SAMPLE_NOW, monotonic: () => SAMPLE_NOW };
  server = createAdminServer({
    access: { token: null, telemetryToken: null, hosts: [] },
    listen: { host: '127.0.0.1', port: 0 },
    version: 'test',
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
    bodyLimitBytes: 1_024,
    routes: reportRoutes(reportPages(reports, { clock, zone: 'UTC' })),
  });
  const { host, port } = await server.listen();
  url = `http://${host}:${port}`;
}, 60_000);

afterAll(async () => {
  await server.close();
  await bench.close();
});

test('the API gives what the command line prints', async () => {
  const answer = await (await fetch(`${url}/api/v1/reports/2026-W47`)).json();
  const printed = await bench.run(['report', '--week', '2026-W47', '--json'], SAMPLE_NOW);
  expect(answer).toEqual(JSON.parse(printed.out));
});

test('the page shows the tables of the API, with its pictures inside', async () => {
  const response = await fetch(`${url}/reports/2026-W47`);
  expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const page = await response.text();
  const { sections } = (await (await fetch(`${url}/api/v1/reports/2026-W47`)).json()) as {
    sections: { tables: { rows: unknown[]; caption: string }[] }[];
  };
  const captions = sections
    .flatMap(({ tables }) => tables)
    .filter(({ rows }) => rows.length > 0)
    .map(({ caption }) => caption);
  expect(tablesOf(page).map(({ caption }) => caption)).toEqual(captions);
  for (const image of documentOf(page).querySelectorAll('img')) {
    expect(image.getAttribute('src')).toMatch(/^data:image\/png;base64,/);
  }
});

test('the list leads to every week and quarter on record, and says which were sent', async () => {
  const page = documentOf(await (await fetch(`${url}/reports`)).text());
  const links = [...page.querySelectorAll('main a')].map((link) => link.getAttribute('href'));
  expect(links).toEqual([
    ...[48, 47, 46, 45, 44, 43, 42].map((week) => `/reports/2026-W${week}`),
    '/reports/2026-Q4',
  ]);
  const { reports } = (await (await fetch(`${url}/api/v1/reports`)).json()) as {
    reports: { period: string; sentAt: string | null }[];
  };
  expect(reports.filter(({ sentAt }) => sentAt !== null)).toEqual([
    { period: '2026-W46', kind: 'weekly', sentAt: '2026-11-23T09:00:00.000000Z' },
  ]);
  for (const link of links) expect((await fetch(`${url}${link}`)).status).toBe(200);
});

test('a period that is none, or has not begun, is not found, and the answer says what to write', async () => {
  for (const period of ['2026-W54', 'today', '%3Cscript%3E', '2030-W01']) {
    const response = await fetch(`${url}/reports/${period}`);
    expect([period, response.status]).toEqual([period, 404]);
    expect(response.headers.get('content-type')).toContain('json');
  }
});
