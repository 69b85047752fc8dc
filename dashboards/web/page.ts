import { Html, html } from '../../src/core/html.ts';

/** The pages that every page leads to. */
const PAGES = [
  ['/', 'Overview'],
  ['/spend', 'Spend'],
  ['/notices', 'Notices'],
  ['/reports', 'Reports'],
] as const;

/** A page of the admin port: plain HTML without scripts, light and dark, readable on a telephone. */
export function webPage({ title, path, body }: WebPage): string {
  const links = PAGES.map(([to, name]) =>
    to === path
      ? html`<a href="${to}" aria-current="page">${name}</a>`
      : html`<a href="${to}">${name}</a>`,
  );
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>${title} · tripmeter</title><style>${STYLE}</style></head>
<body><nav aria-label="Pages">${links}</nav><main><h1>${title}</h1>${body}</main></body></html>
`.text;
}

export interface WebPage {
  readonly title: string;
  /** Its own address: marked among the links. */
  readonly path: string;
  readonly body: Html | readonly Html[];
}

/**
 * A table whose first column names the row. Where the screen is narrow it scrolls by itself, or, `stacked`, shows its
 * cells one below the other: for sentences.
 */
export function webTable(
  titles: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
  layout: 'wide' | 'stacked' = 'wide',
): Html {
  const kindOf = (column: number) =>
    rows.length > 0 && rows.every((row) => isNumber(row[column])) ? 'number' : 'text';
  const heads = titles.map((each, at) => html`<th scope="col" class="${kindOf(at)}">${each}</th>`);
  const head = titles.length === 0 ? '' : html`<thead><tr>${heads}</tr></thead>`;
  const body = rows.map(([first = '', ...rest]) => {
    const cells = rest.map((cell, at) => html`<td class="${kindOf(at + 1)}">${cell}</td>`);
    return html`<tr><th scope="row">${first}</th>${cells}</tr>`;
  });
  return html`<div class="${layout}"><table>${head}<tbody>${body}</tbody></table></div>`;
}

/** Dollars and counts stand under each other by their digits. */
function isNumber(cell: Html | string | undefined): boolean {
  return typeof cell === 'string' && /^\$?[\d.,]*$/.test(cell);
}

const STYLE = new Html(
  [
    ':root{color-scheme:light dark;--ink:light-dark(#1b2430,#e9eef4);--muted:light-dark(#525d6b,#abb6c4);--rule:light-dark(#dde3ea,#313c4a);--link:light-dark(#1c47b8,#adc6ff)}',
    'body{margin:0;background:light-dark(#eef1f5,#0f141a);color:var(--ink);font:15px/1.5 system-ui,sans-serif}',
    'nav,main{max-width:60rem;margin:0 auto;padding:12px 24px}nav a{margin-right:20px}nav a[aria-current]{color:inherit;font-weight:600;text-decoration:none}',
    'main{background:light-dark(#fff,#19202a);border-radius:8px;margin-bottom:24px;padding-bottom:24px}',
    'a{color:var(--link)}h1{font-size:22px;margin:8px 0}h2{font-size:17px;margin:28px 0 4px}p{margin:6px 0;max-width:46rem}',
    '.wide{overflow-x:auto}table{border-collapse:collapse;margin:8px 0}th,td{padding:5px 20px 5px 0;text-align:left;vertical-align:top;font-weight:400;border-bottom:1px solid var(--rule)}',
    'thead th,.muted{color:var(--muted)}td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}code{font-size:13px}',
    '.state{display:inline-block;padding:0 8px;border-radius:4px;white-space:nowrap;background:light-dark(#eef1f5,#2a3441)}',
    '.bad{background:light-dark(#fde6e6,#4a1717);color:light-dark(#9b1616,#ffb0b0)}.near{background:light-dark(#fdefd8,#3d2a0c);color:light-dark(#7a4300,#f7c983)}.good{background:light-dark(#e0f3ea,#12382b);color:light-dark(#0b5a41,#93e3c1)}',
    '.verdict{padding:10px 16px;border-radius:6px;margin:12px 0}.verdict strong{font-size:18px}',
    '@media (max-width:480px){nav,main{padding:10px 14px}th,td{padding-right:12px}.stacked thead{display:none}.stacked tr{display:block;padding:8px 0;border-bottom:1px solid var(--rule)}.stacked th,.stacked td{display:block;border:0;padding:2px 0}.stacked th{font-weight:600}}',
  ].join('\n'),
);
