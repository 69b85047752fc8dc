import { type PlotOptions, plot, text } from '@observablehq/plot';
import { parseHTML } from 'linkedom';
import { type ChartTheme, MUTED } from './chart-theme.ts';
import { cleanText } from './clean-text.ts';

/** A drawn chart. The same figures are in `alt`, for whoever does not see it. */
export interface Chart {
  /** A complete `<svg>` element, without scripts, styles or references. */
  readonly svg: string;
  readonly alt: string;
  readonly width: number;
  readonly height: number;
}

/** Where and how a chart is drawn. */
export interface ChartFrame {
  /** Prefix of the ids inside; unique on its page. */
  readonly id: string;
  readonly width: number;
  readonly theme: ChartTheme;
}

export interface ChartText {
  readonly title: string;
  /** What the chart shows, with its figures: the alternative text. */
  readonly alt: string;
}

const SVG = 'http://www.w3.org/2000/svg';
const MAX_ALT = 1_000;

/** Draws marks with the chart library and makes the result accessible and self-contained. */
export function drawChart(
  frame: ChartFrame,
  words: ChartText,
  options: PlotOptions & { readonly height: number },
): Chart {
  const { theme, width, id } = frame;
  const { document } = parseHTML('<!doctype html><html><body></body></html>');
  const svg = plot({ document, width, className: 'chart', ...options });
  const element = (name: string, attributes: Record<string, string>, content = '') => {
    const node = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) {
      node.setAttribute(key, value);
    }
    node.textContent = content;
    return node;
  };
  // The library's own style sheet would be refused by a strict content policy.
  svg.querySelector('style')?.remove();
  svg.removeAttribute('class');
  const attributes = {
    xmlns: SVG,
    role: 'img',
    'aria-labelledby': `${id}-title ${id}-desc`,
    'font-family': theme.fontFamily,
    'font-size': String(theme.fontSize),
    color: theme.ink,
  };
  for (const [name, value] of Object.entries(attributes)) {
    svg.setAttribute(name, value);
  }
  const alt = cleanText(words.alt, MAX_ALT);
  const card = { width: '100%', height: '100%', fill: theme.background ?? 'none' };
  svg.prepend(
    element('title', { id: `${id}-title` }, cleanText(words.title, 200)),
    element('desc', { id: `${id}-desc` }, alt),
    ...(theme.background === null ? [] : [element('rect', card)]),
  );
  return { svg: svg.outerHTML, alt, width, height: options.height };
}

/** Where there is nothing to draw, the chart says so. */
export function emptyChart(frame: ChartFrame, words: ChartText, message: string): Chart {
  return drawChart(frame, words, {
    height: 96,
    axis: null,
    margin: 0,
    marks: [text([message], { frameAnchor: 'middle', fillOpacity: MUTED })],
  });
}
