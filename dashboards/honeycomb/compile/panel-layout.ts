import type { PanelSize } from '../boards/definition.ts';
import type { PanelPosition } from './resource.ts';

const COLUMNS = 12;

/** Places panels in reading order: side by side while they fit, then in the next row. */
export function panelLayout(sizes: readonly PanelSize[], columns = COLUMNS): PanelPosition[] {
  let x = 0;
  let y = 0;
  let rowHeight = 0;
  return sizes.map(({ width, height }) => {
    if (x + width > columns) {
      x = 0;
      y += rowHeight;
      rowHeight = 0;
    }
    const position = { x, y, width, height };
    x += width;
    rowHeight = Math.max(rowHeight, height);
    return position;
  });
}
