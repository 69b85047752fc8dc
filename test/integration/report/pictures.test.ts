/// <reference lib="dom" />
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findChromium } from '../../support/browser/find-chromium.ts';
import type { ReportBench } from '../../support/report/report-bench.ts';
import { SAMPLE_NOW, sampleReportBench } from '../../support/report/sample-report.ts';

const executablePath = findChromium();
if (executablePath === null) {
  console.error(
    '\n!!! NO CHROMIUM: the report is not looked at in a browser. Install chromium, or set $CHROMIUM.\n',
  );
}

const WIDTHS = [600, 375] as const;
const SCHEMES = ['light', 'dark'] as const;
const CASES = WIDTHS.flatMap((width) => SCHEMES.map((scheme) => ({ width, scheme })));

describe.skipIf(executablePath === null)('the report in a browser', () => {
  let bench: ReportBench;
  let browser: Browser;

  beforeAll(async () => {
    bench = await sampleReportBench();
    await bench.run(['report', '--week', '2026-W47', '--out', 'r.html'], SAMPLE_NOW);
    browser = await chromium.launch({
      executablePath: executablePath ?? '',
      args: ['--no-sandbox'],
    });
  }, 60_000);

  afterAll(async () => {
    await browser.close();
    await bench.close();
  });

  async function opened({ width, scheme }: (typeof CASES)[number]): Promise<Page> {
    const page = await browser.newPage({
      viewport: { width, height: 800 },
      colorScheme: scheme,
      deviceScaleFactor: 1,
    });
    // What the page would fetch would be refused, and then missing.
    await page.route(/^https?:/, (route) => route.abort());
    await page.goto(pathToFileURL(join(bench.dir, 'r.html')).href);
    return page;
  }

  test.each(CASES)(
    'fits $width pixels in $scheme colours, nothing cut and nothing over it',
    async (one) => {
      const page = await opened(one);
      const found = await page.evaluate(() => {
        const width = document.documentElement.clientWidth;
        const cells = [...document.querySelectorAll('h1,h2,p,li,td,th,img,caption')];
        return {
          scroll: document.documentElement.scrollWidth,
          outside: cells
            .filter((cell) => cell.getBoundingClientRect().right > width + 0.5)
            .map((cell) => cell.textContent),
          broken: [...document.querySelectorAll('img')].filter((image) => image.naturalWidth === 0)
            .length,
          smallest: Math.min(
            ...cells
              .filter(
                (cell) =>
                  cell.querySelector('*') === null && (cell.textContent ?? '').trim() !== '',
              )
              .map((cell) => Number.parseFloat(getComputedStyle(cell).fontSize)),
          ),
        };
      });
      expect(found).toMatchObject({ scroll: one.width, outside: [], broken: 0 });
      expect(found.smallest).toBeGreaterThanOrEqual(12);
      await page.close();
    },
  );

  test.each(CASES)(
    'says the verdict and all four figures on the first screen: $width $scheme',
    async (one) => {
      const page = await opened(one);
      const last = await page.evaluate(() =>
        Math.max(
          ...[...document.querySelectorAll('h1,.tile')].map(
            (each) => each.getBoundingClientRect().bottom,
          ),
        ),
      );
      expect(last).toBeLessThan(420);
      await page.close();
    },
  );

  test.each(CASES)(
    'every text has a contrast of 4.5:1 as it is drawn: $width $scheme',
    async (one) => {
      const page = await opened(one);
      const lowest = await page.evaluate(lowestContrast);
      expect(lowest.ratio, lowest.text).toBeGreaterThanOrEqual(4.5);
      await page.close();
    },
  );

  test('dark readers get a dark page, light readers a light one', async () => {
    const grounds = [];
    for (const scheme of SCHEMES) {
      const page = await opened({ width: 600, scheme });
      grounds.push(await page.evaluate(() => getComputedStyle(document.body).backgroundColor));
      await page.close();
    }
    expect(grounds).toEqual(['rgb(238, 241, 245)', 'rgb(15, 20, 26)']);
  });
});

/** Runs in the page: each text's own colour against the nearest background behind it. */
function lowestContrast(): { ratio: number; text: string } {
  const parts = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
  const luminance = (colour: string) => {
    const [red = 0, green = 0, blue = 0] = parts(colour).map((part) => {
      const share = part / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const groundOf = (element: Element | null): string => {
    if (element === null) return 'rgb(255, 255, 255)';
    const colour = getComputedStyle(element).backgroundColor;
    return (parts(colour)[3] ?? 1) === 0 ? groundOf(element.parentElement) : colour;
  };
  let lowest = { ratio: 21, text: '' };
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some(
      (node) => node.nodeType === Node.TEXT_NODE && (node.textContent ?? '').trim() !== '',
    );
    if (!own || getComputedStyle(element).display === 'none') continue;
    const [light = 0, dark = 0] = [getComputedStyle(element).color, groundOf(element)]
      .map(luminance)
      .sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < lowest.ratio) lowest = { ratio, text: element.textContent ?? '' };
  }
  return lowest;
}
