import { parseHTML } from 'linkedom';

/** A table as somebody who reads the page finds it. */
export interface ReadTable {
  readonly caption: string;
  readonly rows: readonly (readonly string[])[];
}

export function documentOf(html: string) {
  return parseHTML(html).document;
}

export function tablesOf(html: string): ReadTable[] {
  return [...documentOf(html).querySelectorAll('table.data')].map((table) => ({
    caption: textOf(table.querySelector('caption')),
    rows: [...table.querySelectorAll('tr')].map((row) =>
      [...row.querySelectorAll('th,td')].map(textOf),
    ),
  }));
}

/** Everything a person can read in it, in the order of the document. */
export function visibleTexts(html: string): string[] {
  const texts: string[] = [];
  for (const element of documentOf(html).querySelectorAll('h1,h2,p,li,th,td,caption,div,span')) {
    if (element.querySelector('table,div,p,h1,h2,li,img,span') !== null) continue;
    const text = textOf(element);
    if (text !== '') texts.push(text);
  }
  return texts;
}

export function textOf(element: { readonly textContent: string | null } | null): string {
  return squeezed(element?.textContent ?? '');
}

/** One space where there were several, or line ends. */
export function squeezed(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
