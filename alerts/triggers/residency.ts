import type { ResidencyRequirement } from '../../src/core/alert-settings.ts';
import type { EndpointFacts, Facts } from '../../src/core/facts.ts';

/** An endpoint that a requirement covers and that runs, or may run, outside the regions it allows. */
export interface Violation {
  readonly endpoint: string;
  readonly requirement: ResidencyRequirement;
  /** The pin, when it does not hold the endpoint inside; `null` when the pin is good. */
  readonly pin: string | null;
  /** Requests of the last 30 days that ran outside, where it was seen. */
  readonly outside: number;
  readonly seenIn: readonly string[];
}

export function violationsOf(facts: Facts, requirement: ResidencyRequirement): Violation[] {
  return facts.endpoints
    .filter(({ name }) => requirement.endpoints?.includes(name) ?? true)
    .map((endpoint) => check(endpoint, requirement))
    .filter((found) => found.pin !== null || found.outside > 0);
}

function check(endpoint: EndpointFacts, requirement: ResidencyRequirement): Violation {
  const isInside = (region: string) =>
    requirement.regions.some((allowed) => regionWithin(region, allowed));
  const outside = endpoint.containerRegions.filter(({ region }) => !isInside(region));
  return {
    endpoint: endpoint.name,
    requirement,
    pin: isInside(endpoint.region) ? null : endpoint.region,
    outside: outside.reduce((sum, { requests }) => sum + requests, 0),
    seenIn: outside.map(({ region }) => region),
  };
}

/** Broad pins of Modal, and how the clouds spell the regions in them. */
const BROAD: Readonly<Record<string, RegExp>> = {
  us: /^(us|northamerica-us)/,
  eu: /^(eu|germany|france|sweden|norway|italy|spain|poland|switzerland|(north|west)europe)/,
  uk: /^(uk|eu-west-2$|europe-west2$)/,
  ap: /^(ap|asia|australia|japan|korea|(east|southeast)asia)/,
  ca: /^(ca|canada|northamerica-northeast)/,
};

/** London lies in Europe and in neither the Union nor its law. */
const LONDON = /^(uk|eu-west-2$|europe-west2$)/;

/** Whether a region, e.g. `eu-west-1`, lies in an allowed one, e.g. `eu`. No pin (`any`) lies nowhere. */
export function regionWithin(region: string, allowed: string): boolean {
  const name = region.toLowerCase();
  const limit = allowed.toLowerCase();
  if (name === limit) return true;
  if (limit === 'eu' && LONDON.test(name)) return false;
  return BROAD[limit]?.test(name) ?? name.startsWith(`${limit}-`);
}
