import { type Html, html } from '../../src/core/html.ts';
import type { ChartPicture } from './render-charts.ts';
import type { ChartId, Report, ReportTable, Section } from './report.ts';
import { footnoteOf, headingOf, headnoteOf } from './report-heading.ts';
import { reportStyle } from './report-style.ts';
import { ACTION_WORDS } from './report-text.ts';
import { LIGHT } from './report-theme.ts';

export interface HtmlOptions {
  readonly pictures: readonly ChartPicture[];
  /** Address of a picture: `cid:…` in a mail, `data:…` in a file. */
  readonly sourceOf: (picture: ChartPicture) => string;
}

const FONT =
  "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

/**
 * The report for mail readers: tables, inline styles, 600 pixels that shrink to a telephone, no script and nothing to
 * fetch. A style sheet only adds the dark colours and the narrow layout; without it the mail is still right.
 */
export function reportHtml(report: Report, options: HtmlOptions): string {
  const { ink, page, card } = LIGHT;
  const document = html`<!doctype html>
<html lang="en" dir="ltr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<title>${headingOf(report)}: ${report.verdict.title}</title>
<style>${reportStyle(report)}</style>
</head>
<body class="page" style="margin:0;padding:0;background:${page};color:${ink};${FONT};font-size:14px;line-height:1.45">
<div style="display:none;max-height:0;overflow:hidden">${report.verdict.line}</div>
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" border="0" style="background:${page}"><tr><td align="center" style="padding:12px 0">
<table role="presentation" class="card" width="600" cellpadding="0" cellspacing="0" border="0" style="width:100%;max-width:600px;background:${card};border-radius:8px"><tr><td class="inner" style="padding:20px 24px;text-align:left">
${top(report)}
${report.sections.map((section) => sectionHtml(section, options))}
<p class="muted" style="margin:28px 0 0;color:${LIGHT.muted};font-size:12px">${footnoteOf(report)}</p>
</td></tr></table>
</td></tr></table>
</body>
</html>
`;
  return document.text;
}

/** What is read in ten seconds: the verdict, four figures, what to do. */
function top(report: Report): Html {
  const { verdict } = report;
  const { ink, ground } = LIGHT.verdict[verdict.recommendation];
  const note = headnoteOf(report);
  return html`<p class="muted" style="margin:0 0 10px;color:${LIGHT.muted};font-size:13px">${headingOf(report)}${note === null ? '' : html`<br><strong>${note}</strong>`}</p>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td class="verdict" style="background:${ground};color:${ink};padding:16px 18px;border-radius:8px">
<h1 style="margin:0;font-size:28px;line-height:1.15;font-weight:800;letter-spacing:.2px">${verdict.title}</h1>
<p style="margin:4px 0 0;font-size:16px">${verdict.line}</p>
</td></tr></table>
${tiles(report)}
${actions(report)}
${verdict.why.map((reason) => html`<p class="muted" style="margin:10px 0 0;color:${LIGHT.muted};font-size:13px;overflow-wrap:anywhere">${reason}</p>`)}`;
}

function tiles({ keyFigures }: Report): Html {
  const tile = (index: number) => {
    const one = keyFigures[index];
    if (one === undefined) return html`<td></td>`;
    return html`<td class="tile" width="49%" style="background:${LIGHT.tile};border-radius:8px;padding:10px 14px;vertical-align:top">
<div class="muted" style="color:${LIGHT.muted};font-size:12px">${one.label}</div>
<div style="font-size:22px;font-weight:700;line-height:1.25">${one.figure.text}</div>
<div class="muted" style="color:${LIGHT.muted};font-size:12px">${one.note}</div></td>`;
  };
  const gap = html`<td width="2%" style="font-size:0">&nbsp;</td>`;
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:8px 0 0"><tr>${tile(0)}${gap}${tile(1)}</tr><tr><td height="8" colspan="3" style="font-size:0;line-height:8px">&nbsp;</td></tr><tr>${tile(2)}${gap}${tile(3)}</tr></table>`;
}

function actions(report: Report): Html {
  const rows = report.actions.map(({ kind, text }) => {
    const { ink, ground } = LIGHT.action[kind];
    return html`<tr><td style="padding:4px 10px 4px 0;vertical-align:top;white-space:nowrap"><span class="${kind}" style="background:${ground};color:${ink};border-radius:4px;padding:1px 7px;font-size:12px;font-weight:700">${ACTION_WORDS[kind]}</span></td><td width="100%" style="padding:4px 0;vertical-align:top;overflow-wrap:anywhere">${text}</td></tr>`;
  });
  if (rows.length === 0) return html``;
  return html`<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="margin:10px 0 0">${rows}</table>`;
}

function list(sentences: readonly string[]): Html {
  if (sentences.length === 0) return html``;
  if (sentences.length === 1) {
    return html`<p class="muted" style="margin:6px 0 0;color:${LIGHT.muted};font-size:13px;overflow-wrap:anywhere">${sentences[0] ?? ''}</p>`;
  }
  const items = sentences.map(
    (text) => html`<li style="margin:2px 0;overflow-wrap:anywhere">${text}</li>`,
  );
  return html`<ul class="muted" style="margin:6px 0 0;padding:0 0 0 18px;color:${LIGHT.muted};font-size:13px">${items}</ul>`;
}

function sectionHtml({ id, title, sentences, chart, tables }: Section, options: HtmlOptions): Html {
  const [lead = '', ...rest] = sentences;
  return html`<h2 id="${id}" class="rule" style="margin:28px 0 6px;padding:16px 0 0;border-top:1px solid ${LIGHT.rule};font-size:18px;line-height:1.25">${title}</h2>
<p style="margin:0 0 8px;overflow-wrap:anywhere">${lead}</p>
${chart === null ? html`${list(rest)}` : picture(chart, options)}
${tables.filter(({ rows }) => rows.length > 0).map(tableHtml)}
${chart === null ? '' : list(rest)}`;
}

function picture(id: ChartId, { pictures, sourceOf }: HtmlOptions): Html {
  const found = pictures.find((one) => one.id === id);
  if (found === undefined) return html``;
  return html`<img src="${sourceOf(found)}" alt="${found.alt}" width="552" style="display:block;width:100%;max-width:552px;height:auto;border:0;border-radius:6px">`;
}

/** Attributes of old do what styles would, in a third of the bytes: mail readers cut a long mail off. */
function tableHtml({ caption, columns, rows }: ReportTable): Html {
  const isText = rows[0]?.map((cell) => !('unit' in cell)) ?? [];
  const align = (index: number) => (index === 0 || isText[index] === true ? 'left' : 'right');
  const { muted, rule } = LIGHT;
  const heads = columns.map(
    (column, index) => html`<th scope="col" align="${align(index)}">${column}</th>`,
  );
  const body = rows.map(([first, ...cells]) => {
    const others = cells.map((cell) =>
      'unit' in cell
        ? html`<td align="right" nowrap>${cell.text}</td>`
        : html`<td><bdi>${cell.text}</bdi></td>`,
    );
    return html`<tr valign="top" class="rule" style="border-bottom:1px solid ${rule}"><th scope="row" align="left" style="font-weight:400;overflow-wrap:anywhere"><bdi>${first?.text ?? ''}</bdi></th>${others}</tr>`;
  });
  return html`<table class="data" width="100%" cellpadding="5" cellspacing="0" style="border-collapse:collapse;margin:14px 0 0;font-size:13px;font-variant-numeric:tabular-nums"><caption class="muted" style="text-align:left;color:${muted};font-size:12px;padding:0 5px">${caption}</caption><thead><tr valign="bottom" class="rule muted" style="border-bottom:1px solid ${rule};color:${muted}">${heads}</tr></thead><tbody>${body}</tbody></table>`;
}
