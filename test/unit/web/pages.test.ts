import { expect, test } from 'vitest';
import { noticeListPage, noticePage } from '../../../dashboards/web/notice-pages.ts';
import { spendPage } from '../../../dashboards/web/spend-page.ts';

const HOSTILE = '<script>alert("1")</script>';
const SHOWN = '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;';

const SPEND = {
  month: '2026-11',
  timezone: 'Europe/Berlin',
  usd: '12.345678901',
  provisionalUsd: '0.500000000',
  modelledUsd: '11.000000000',
  billedUsd: '11.845678901',
  lowUsd: '9.000000000',
  highUsd: '14.000000000',
  unpriced: 3,
  lines: { busyUsd: '8.000000000', idleUsd: '3.845678901', tokensUsd: '0.000000000' },
  endpoints: [
    {
      endpoint: 'chat',
      usd: '11.845678901',
      lines: { busyUsd: '8.000000000', idleUsd: '3.845678901' },
    },
    { endpoint: null, usd: '0.100000000', lines: {} },
  ],
  by: 'operation',
  breakdown: [
    {
      name: HOSTILE,
      requests: 7,
      usd: '1.000000000',
      perRequestUsd: '0.142857143',
      perSuccessUsd: null,
    },
  ],
};

test('the spend page shows lines that have dollars, whom they are of, and what nobody has priced', () => {
  const page = spendPage(SPEND);
  for (const text of ['$12.35', '$11.85', '3 requests have no price', 'outside the proxy']) {
    expect(page).toContain(text);
  }
  expect(page).toContain('>idle</th>');
  expect(page).not.toContain('>tokens</th>');
  expect(page).toContain('<td class="number">$0.142857</td>');
  expect(page).toContain('between $9.00 and $14.00');
});

test('what a caller wrote is text on every page, and part of an address in a link', () => {
  const key = `x"${HOSTILE}`;
  const pages = [
    spendPage(SPEND),
    noticeListPage(
      [
        {
          key,
          at: '',
          severity: 'info',
          headline: HOSTILE,
          deliveries: '',
          acknowledgedBy: HOSTILE,
        },
      ],
      'UTC',
    ),
    noticePage({
      ...{ key, title: HOSTILE, series: [{ name: HOSTILE, points: [[HOSTILE, '1']] }] },
      lines: [{ name: 'What', text: HOSTILE }],
      ...{ deliveries: [[HOSTILE, '', '', '', HOSTILE]], acknowledgedBy: null },
    }),
  ];
  for (const page of pages) {
    expect(page).not.toContain('<script');
    expect(page).toContain(SHOWN);
  }
  expect(pages[1]).toContain(`href="/notices/${encodeURIComponent(key)}"`);
});
