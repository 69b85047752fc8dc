import { dot, type Markish, text } from '@observablehq/plot';
import type { ChartFrame } from './chart.ts';
import { textWidth } from './text-width.ts';

export interface LegendEntry {
  readonly name: string;
  readonly color: string;
}

interface PlacedEntry extends LegendEntry {
  /** Offset from the frame's top left corner. */
  readonly left: number;
  readonly top: number;
}

export interface Legend {
  readonly marks: readonly Markish[];
  /** Height that it takes above the plot. */
  readonly height: number;
}

/**
 * Swatches with names above the plot, on as many lines as they need.
 * @param place.gap room between the legend and the plot, for what the plot itself writes above its top.
 */
export function legendAbove(
  entries: readonly LegendEntry[],
  frame: ChartFrame,
  place: { readonly marginLeft: number; readonly gap: number },
): Legend {
  const { fontSize } = frame.theme;
  const line = Math.round(fontSize * 1.6);
  const room = frame.width - place.marginLeft - 8;
  let left = 0;
  let row = 0;
  const placed = entries.map((entry) => {
    const width = 17 + textWidth(entry.name) * fontSize + 18;
    if (left > 0 && left + width > room) {
      left = 0;
      row += 1;
    }
    const at = { ...entry, left, row };
    left += width;
    return at;
  });
  const height = (row + 1) * line + place.gap;
  const marks = placed.flatMap((entry) =>
    entryMarks({ ...entry, top: entry.row * line - height + line / 2 }),
  );
  return { marks, height };
}

function entryMarks({ name, color, left, top }: PlacedEntry): Markish[] {
  const corner = { frameAnchor: 'top-left' } as const;
  return [
    dot([0], { ...corner, symbol: 'square', fill: color, r: 5, dx: left + 6, dy: top }),
    text([name], { ...corner, textAnchor: 'start', lineAnchor: 'middle', dx: left + 17, dy: top }),
  ];
}
