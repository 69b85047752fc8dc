import { describe, expect, test } from 'vitest';
import { MAIL_THEME } from '../../../dashboards/charts/chart-theme.ts';
import { moneyChart } from '../../../dashboards/charts/money-chart.ts';
import { chartPng } from '../../../dashboards/charts/png.ts';
import { requestsChart } from '../../../dashboards/charts/requests-chart.ts';
import { requestsSample } from '../../support/charts/chart-samples.ts';

const frame = { id: 'c', width: 560, theme: MAIL_THEME };
const money = (label: string) =>
  moneyChart({ rows: [{ label, parts: { busy: 1_000_000_000 } }] }, frame);

describe('a chart as PNG', () => {
  test('is a PNG of twice the size', () => {
    const chart = money('generate');
    const png = Buffer.from(chartPng(chart));
    expect(png.subarray(0, 8).toString('hex')).toBe('89504e470d0a1a0a');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1_120, chart.height * 2]);
  });

  test('shows its labels: another label is another picture, and so is none', () => {
    const pictures = ['generate', 'health', ' '].map((label) =>
      Buffer.from(chartPng(money(label))).toString('base64'),
    );
    expect(new Set(pictures).size).toBe(3);
  });

  test('shows that there is nothing to show', () => {
    const chart = requestsChart(requestsSample(0), frame);
    const blank = {
      ...chart,
      svg: chart.svg.replace(/No requests on record yet<\/text>/, '</text>'),
    };
    expect(blank.svg).not.toBe(chart.svg);
    expect(Buffer.from(chartPng(chart)).equals(Buffer.from(chartPng(blank)))).toBe(false);
  });

  test.each(['مرحبا', '日本語', '🚀', 'a\u0000b\uD800', '<b>&amp;', ''])(
    'is drawn with the label %j',
    (label) => {
      expect(chartPng(money(label)).length).toBeGreaterThan(1_000);
    },
  );
});
