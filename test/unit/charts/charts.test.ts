import { DOMParser } from 'linkedom';
import { describe, expect, test } from 'vitest';
import type { Chart, ChartFrame } from '../../../dashboards/charts/chart.ts';
import { COLORS, MAIL_THEME, WEB_THEME } from '../../../dashboards/charts/chart-theme.ts';
import { latencyChart } from '../../../dashboards/charts/latency-chart.ts';
import { moneyChart } from '../../../dashboards/charts/money-chart.ts';
import { projectionChart } from '../../../dashboards/charts/projection-chart.ts';
import { requestsChart } from '../../../dashboards/charts/requests-chart.ts';
import { spendChart } from '../../../dashboards/charts/spend-chart.ts';
import { triggerChart } from '../../../dashboards/charts/trigger-chart.ts';
import {
  latencySample,
  moneySample,
  projectionSample,
  requestsSample,
  triggerSample,
} from '../../support/charts/chart-samples.ts';
import { spendSample } from '../../support/charts/spend-sample.ts';

const noCurves = { modal: [], multiCloud: [], modalLinear: [] };
const nothingProjected = { requests: 0, breakEvenRequests: null };

const CHARTS: readonly (readonly [string, (frame: ChartFrame) => Chart])[] = [
  ['spend', (frame) => spendChart(spendSample(), frame)],
  [
    'spend in a zone with summer time',
    (frame) =>
      spendChart(spendSample({ now: '2026-03-20T12:00:00Z', zone: 'America/New_York' }), frame),
  ],
  ['spend without a forecast', (frame) => spendChart(spendSample({ forecast: false }), frame)],
  [
    'spend of nothing',
    (frame) => spendChart({ ...spendSample(), spent: [], forecast: null }, frame),
  ],
  [
    'spend without thresholds',
    (frame) => spendChart({ ...spendSample(), thresholdsNano: [] }, frame),
  ],
  ['requests', (frame) => requestsChart(requestsSample(28), frame)],
  ['requests of a year', (frame) => requestsChart(requestsSample(365), frame)],
  ['requests of a day', (frame) => requestsChart(requestsSample(1), frame)],
  ['no requests', (frame) => requestsChart(requestsSample(0), frame)],
  ['latency', (frame) => latencyChart(latencySample(28), frame)],
  ['latency of a year', (frame) => latencyChart(latencySample(365), frame)],
  ['latency of a day', (frame) => latencyChart(latencySample(1, null), frame)],
  ['no latency', (frame) => latencyChart(latencySample(0), frame)],
  ['money', (frame) => moneyChart(moneySample(), frame)],
  ['no money', (frame) => moneyChart({ rows: [] }, frame)],
  ['triggers', (frame) => triggerChart(triggerSample(), frame)],
  ['no triggers', (frame) => triggerChart([], frame)],
  ['projection', (frame) => projectionChart(projectionSample(), frame)],
  [
    'no projection',
    (frame) => projectionChart({ ...noCurves, projection: nothingProjected }, frame),
  ],
];

const web: ChartFrame = { id: 'a1', width: 560, theme: WEB_THEME };
const mail: ChartFrame = { id: 'a1', width: 560, theme: MAIL_THEME };

describe.each(CHARTS)('the chart of %s', (_, draw) => {
  test('is one image with a title and a description that holds its figures', () => {
    const { svg, alt } = draw(web);
    const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
    expect(root.getAttribute('role')).toBe('img');
    expect(root.getAttribute('aria-labelledby')).toBe('a1-title a1-desc');
    expect(root.querySelector('#a1-title')?.textContent).not.toBe('');
    expect(root.querySelector('#a1-desc')?.textContent).toBe(alt);
    expect(alt.length).toBeGreaterThan(10);
  });

  test('brings no script, style sheet, reference or number that is none', () => {
    const { svg } = draw(web);
    expect(svg).not.toMatch(/<script|<style|<image|href=|url\(|javascript:/i);
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });

  test('takes its colours of text and background from the page, and in a mail brings its own', () => {
    expect(draw(web).svg).toContain('color="currentColor"');
    expect(draw(web).svg).not.toContain(MAIL_THEME.background);
    expect(draw(mail).svg).toContain('fill="#ffffff"');
    expect(draw(mail).svg).toContain(`color="${MAIL_THEME.ink}"`);
  });

  test('is drawn the same each time, at the size it says', () => {
    const chart = draw(mail);
    expect(draw(mail)).toEqual(chart);
    expect(chart.svg).toContain(`viewBox="0 0 560 ${chart.height}"`);
  });

  test('fits a narrow page', () => {
    const { svg } = draw({ ...web, width: 320 });
    const xs = [...svg.matchAll(/translate\((-?[\d.]+),/g)].map((match) => Number(match[1]));
    expect(Math.max(0, ...xs)).toBeLessThanOrEqual(320);
  });
});

test('the spend chart names thresholds in place, crossed ones as crossed', () => {
  const { svg, alt } = spendChart(spendSample(), web);
  expect(textsOf(svg)).toEqual(
    expect.arrayContaining([
      '$500 crossed',
      '$1,000 crossed',
      '$2,000',
      '$1,037.73 spent',
      '$1,670.13',
    ]),
  );
  expect(alt).toContain('Crossed: $500.00, $1,000.00. Not crossed: $2,000.00.');
});

test('a threshold far above the spend does not flatten the chart: only the next one is shown', () => {
  const texts = textsOf(spendChart(spendSample({ dailyUsd: 2.5 }), web).svg);
  expect(texts).toContain('$500');
  expect(texts).not.toContain('$1,000');
});

test('latency gaps interrupt the lines, and a day between two gaps is a dot', () => {
  const { svg } = latencyChart(latencySample(28), web);
  const [line = ''] = /<path d="[^"]*"/.exec(svg.slice(svg.indexOf('aria-label="line"'))) ?? [];
  expect(line.match(/M/g)?.length).toBe(5);
  expect(svg.match(/<circle/g)?.length).toBe(6);
});

test('the parts of the money are named with their shares, and totals are exact', () => {
  const { svg, alt } = moneyChart(moneySample(), web);
  expect(textsOf(svg)).toEqual(
    expect.arrayContaining(['busy 30 %', 'unexplained <1 %', '$694.60', 'qwen-80b-generate']),
  );
  expect(alt).toContain('shared-kimi: $14.50 (tokens $14.50).');
});

test('a negative residual lowers the total and is told in words', () => {
  const row = { label: 'x', parts: { busy: 2_000_000_000, unexplained: -500_000_000 } };
  const { svg, alt } = moneyChart({ rows: [row] }, web);
  expect(textsOf(svg)).toContain('$1.50');
  expect(alt).toContain('unexplained -$0.50');
});

test('more than eight endpoints are folded, and none of their money is lost', () => {
  const rows = Array.from({ length: 20 }, (_, index) => ({
    label: `endpoint ${index}`,
    parts: { busy: (index + 1) * 1_000_000_000 },
  }));
  const texts = textsOf(moneyChart({ rows }, web).svg);
  expect(texts).toContain('13 more');
  expect(texts).toContain('$91.00');
});

test('a trigger says its state in words', () => {
  const texts = textsOf(triggerChart(triggerSample(), web).svg);
  expect(texts).toContain('86,400 of 100,000 requests · approaching');
  expect(texts).toContain('$2,412.50 of $2,000.00 · met');
  expect(texts).toContain('not enough data');
});

test('on a narrow page the figures of a trigger give way to its state', () => {
  const texts = textsOf(triggerChart(triggerSample(), { ...web, width: 260 }).svg);
  expect(texts).toContain('approaching');
  expect(texts).toContain('$41.20 of $500.00 · not met');
});

const HOSTILE = '</text><script>alert(1)</script>"\'&\u0000\u0007\u202E\uD800 مرحبا 🚀 ]]>';

test.each([
  ['an endpoint', () => moneyChart({ rows: [{ label: HOSTILE, parts: { busy: 5 } }] }, web)],
  [
    'a trigger',
    () =>
      triggerChart([{ title: HOSTILE, state: 'met', value: 1, threshold: 1, unit: 'count' }], web),
  ],
])('a hostile name of %s is text and nothing else', (_, draw) => {
  const { svg, alt } = draw();
  expect(svg).not.toContain('<script');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  expect(svg + alt).not.toMatch(/[\u0000-\u0008\u202a-\u202e\ud800-\udbff](?![\udc00-\udfff])/);
  const root = new DOMParser().parseFromString(svg, 'image/svg+xml').documentElement;
  expect(root.textContent).toContain('</text><script>alert(1)</script>');
});

test('a name of 4 kB is cut', () => {
  const { svg } = moneyChart({ rows: [{ label: 'x'.repeat(4_096), parts: { busy: 5 } }] }, web);
  expect(textsOf(svg).every((text) => text.length < 80)).toBe(true);
});

test.each(Object.entries(COLORS))(
  '%s stands out on white and on near-black, at least 3:1',
  (_, color) => {
    expect(contrast(color, '#ffffff')).toBeGreaterThanOrEqual(3);
    expect(contrast(color, '#111111')).toBeGreaterThanOrEqual(3);
  },
);

test('text in a mail has a contrast above 4.5:1, muted text too', () => {
  const mixed = [1, 3, 5].map((at) => {
    const ink = Number.parseInt(MAIL_THEME.ink.slice(at, at + 2), 16);
    return Math.round(ink * 0.72 + 255 * 0.28)
      .toString(16)
      .padStart(2, '0');
  });
  expect(contrast(`#${mixed.join('')}`, '#ffffff')).toBeGreaterThan(4.5);
});

function textsOf(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = '']) =>
    text.replaceAll('&lt;', '<').replaceAll('&amp;', '&'),
  );
}

/** WCAG 2 contrast ratio. */
function contrast(a: string, b: string): number {
  const luminance = (color: string) => {
    const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
      const value = Number.parseInt(color.slice(at, at + 2), 16) / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}
