import { Html } from '../../src/core/html.ts';
import type { Report } from './report.ts';
import { DARK } from './report-theme.ts';

/** Dark colours and the layout of narrow screens. Nothing in it comes from data but the verdict's kind. */
export function reportStyle({ verdict }: Report): Html {
  const { page, card, ink, muted, rule, tile, action } = DARK;
  const banner = DARK.verdict[verdict.recommendation];
  const actions = Object.entries(action).map(
    ([kind, pair]) => `.${kind}{background:${pair.ground}!important;color:${pair.ink}!important}`,
  );
  return new Html(
    [
      ':root{color-scheme:light dark;supported-color-schemes:light dark}',
      '@media (max-width:480px){.inner{padding:16px 14px!important}.data{font-size:12px!important}.data th,.data td{padding:5px 3px!important}}',
      '@media (prefers-color-scheme:dark){',
      `.page{background:${page}!important;color:${ink}!important}`,
      `.card{background:${card}!important;color:${ink}!important}`,
      `.muted{color:${muted}!important}`,
      `.rule{border-color:${rule}!important}`,
      `.tile{background:${tile}!important}`,
      `.verdict{background:${banner.ground}!important;color:${banner.ink}!important}`,
      ...actions,
      '}',
    ].join('\n'),
  );
}
