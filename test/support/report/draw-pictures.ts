/**
 * `node test/support/report/draw-pictures.ts`: the sample's report and pages as Chromium shows them, into
 * `dashboards/pictures`. Needs a Chromium; run it when their looks change.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';
import { overviewPage } from '../../../dashboards/web/overview-page.ts';
import { spendPage } from '../../../dashboards/web/spend-page.ts';
import { findChromium } from '../browser/find-chromium.ts';
import { SAMPLE_NOW, SAMPLE_SPAN, sampleReportBench } from './sample-report.ts';

const PICTURES = [
  { name: 'report-600-light', width: 600, height: 1_000, scheme: 'light' },
  { name: 'report-600-dark', width: 600, height: 1_000, scheme: 'dark' },
  { name: 'report-375-light', width: 375, height: 1_000, scheme: 'light' },
  { name: 'report-375-dark', width: 375, height: 1_000, scheme: 'dark' },
] as const;

const executablePath = findChromium();
if (executablePath === null) throw new Error('no Chromium: install it, or set $CHROMIUM');
const folder = join(import.meta.dirname, '../../../dashboards/pictures');
mkdirSync(folder, { recursive: true });
const bench = await sampleReportBench({}, { ...SAMPLE_SPAN, pace: 1 });
await bench.run(['report', '--week', '2026-W47', '--out', 'r.html'], SAMPLE_NOW);
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
for (const { name, width, height, scheme } of PICTURES) {
  const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
  await page.goto(pathToFileURL(join(bench.dir, 'r.html')).href);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.close();
}
const asked = async (...args: string[]) =>
  JSON.parse((await bench.run([...args, '--json'], SAMPLE_NOW)).out);
const pages = {
  overview: overviewPage(await asked('status')),
  spend: spendPage(await asked('spend', '--by', 'operation')),
};
for (const [name, html] of Object.entries(pages)) {
  const viewport = { width: 900, height: 1_000 };
  const page = await browser.newPage({ viewport, colorScheme: 'light' });
  await page.setContent(html);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.close();
}
await browser.close();
await bench.close();
