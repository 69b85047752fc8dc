/**
 * About how wide a text is, in em: enough to leave room for it. The fonts of a page are unknown, and those of
 * the mail differ little from these classes of width.
 */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    width += CLASSES.find(([pattern]) => pattern.test(character))?.[1] ?? 1;
  }
  return width;
}

const CLASSES: readonly (readonly [RegExp, number])[] = [
  [/[ .,:;'|!iljI·]/, 0.29],
  [/[ftr()[\]/-]/, 0.38],
  [/[mwMW%@—…]/, 0.85],
  [/[A-Z]/, 0.62],
  [/[\u0020-\u024f]/, 0.56],
];

/** Pixels that the longest of these labels needs beside the plot, with a gap. Bold ones are a tenth wider. */
export function roomFor(labels: readonly string[], fontSize: number): number {
  const widest = Math.max(0, ...labels.map(textWidth));
  return Math.ceil(widest * 1.1 * fontSize) + 14;
}
