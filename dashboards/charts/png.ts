import { createRequire } from 'node:module';
import { Resvg } from '@resvg/resvg-js';
import type { Chart } from './chart.ts';

/** Two pixels a point: sharp on the screens that mails are read on. */
const SCALE = 2;

const require = createRequire(import.meta.url);
const font = (name: string) => require.resolve(`dejavu-fonts-ttf/ttf/${name}.ttf`);

/**
 * A chart as PNG, for mails, which show no SVG. The fonts are shipped: without them the renderer draws
 * no text and says nothing.
 */
export function chartPng(chart: Chart): Uint8Array {
  const resvg = new Resvg(chart.svg, {
    fitTo: { mode: 'width', value: chart.width * SCALE },
    font: {
      loadSystemFonts: false,
      fontFiles: [font('DejaVuSansCondensed'), font('DejaVuSansCondensed-Bold')],
      defaultFontFamily: 'DejaVu Sans Condensed',
    },
  });
  return resvg.render().asPng();
}
