/** How Modal prices a region pin: `any` is no pin. */
export type RegionClass = 'any' | 'broad' | 'narrow' | 'other';

const CONTINENTS = new Set(['us', 'eu', 'uk', 'ap']);

/**
 * Class of one region name. `us`, `eu`, `uk` and `ap` are broad, a zone of theirs such as `us-east` or
 * `us-east-1` is narrow, the rest of the world is `other`.
 */
export function regionClassOf(region: string): RegionClass {
  const name = region.trim().toLowerCase();
  if (name === '' || name === 'any') return 'any';
  if (CONTINENTS.has(name)) return 'broad';
  return CONTINENTS.has(name.split('-')[0] ?? '') ? 'narrow' : 'other';
}

/** The names in a pin: Modal accepts a list. */
export function regionNames(region: string): readonly string[] {
  return region.split(/[,\s]+/).filter((name) => name !== '');
}
