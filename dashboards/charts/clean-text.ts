/** Characters that XML cannot hold, and those that turn the direction of the text around them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]+/g;

/**
 * A label that somebody else chose, made fit to be drawn: well-formed, on one line, at most `length` characters. Markup
 * needs no care here: labels become text nodes, which are escaped when they are written.
 */
export function cleanText(text: string, length: number): string {
  const plain = text.toWellFormed().replace(UNSAFE, ' ').trim();
  const characters = Array.from(plain.slice(0, 4 * length));
  return characters.length <= length ? plain : `${characters.slice(0, length - 1).join('')}…`;
}
