import { html } from '../../../src/core/html.ts';
import type { Message } from '../../message.ts';

/** The message as HTML for mail readers: one table, inline styles, readable in light and dark. */
export function messageHtml(message: Message): string {
  const rows = message.lines.map(
    ({ name, text }) =>
      html`<tr><td style="padding:4px 12px 4px 0;vertical-align:top;color:#777;white-space:nowrap">${name}</td><td style="padding:4px 0">${text}</td></tr>`,
  );
  return html`<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="color-scheme" content="light dark"></head>
<body style="font-family:sans-serif;font-size:14px;line-height:1.4">
<table role="presentation" width="600" style="max-width:600px">
<tr><td colspan="2" style="font-size:18px;font-weight:bold;padding-bottom:12px">${message.title}</td></tr>
${rows}</table>
<p><a href="${message.link}">${message.link}</a></p></body></html>`.text;
}
