import { Html, html } from './html.ts';
import { DARK, LIGHT } from './report-theme.ts';

export interface ReportListRow {
  readonly period: string;
  readonly kind: string;
  /** When it was sent, in words; `null`: not yet. */
  readonly sent: string | null;
}

const STYLE = new Html(
  [
    ':root{color-scheme:light dark}',
    `body{margin:0;background:${LIGHT.page};color:${LIGHT.ink};font:15px/1.5 system-ui,sans-serif}`,
    `main{max-width:600px;margin:16px auto;padding:16px 24px;background:${LIGHT.card};border-radius:8px}`,
    `th,td{padding:6px 16px 6px 0;text-align:left;font-weight:400}thead th{color:${LIGHT.muted}}`,
    'a{color:#1c47b8}h1{font-size:22px;margin:0 0 8px}',
    `@media (prefers-color-scheme:dark){body{background:${DARK.page};color:${DARK.ink}}main{background:${DARK.card}}thead th{color:${DARK.muted}}a{color:#adc6ff}}`,
  ].join('\n'),
);

/** Weeks and quarters, each a link to its report. */
export function reportListPage(rows: readonly ReportListRow[]): string {
  const body = rows.map(
    ({ period, kind, sent }) =>
      html`<tr><th scope="row"><a href="/reports/${encodeURIComponent(period)}">${period}</a></th><td>${kind}</td><td>${sent ?? 'not sent'}</td></tr>`,
  );
  return html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>tripmeter: reports</title><style>${STYLE}</style></head>
<body><main><h1>Reports</h1>
<table><thead><tr><th scope="col">Period</th><th scope="col">Kind</th><th scope="col">Sent</th></tr></thead><tbody>${body}</tbody></table>
</main></body></html>
`.text;
}
