import type { Facts, IncidentFacts, PreviousState } from './facts.ts';
import type { EpochMicros } from './units.ts';

/**
 * The same facts, seen from `at`: what came later is gone. Hours are whole, so the one that holds `at` stays. Rules
 * stand where they stood then as far as that is on record: those that have not changed since.
 */
export function factsAsOf(facts: Facts, at: EpochMicros): Facts {
  const begun = facts.firstRequestAt !== null && facts.firstRequestAt <= at;
  return {
    ...facts,
    now: at,
    firstRequestAt: begun ? facts.firstRequestAt : null,
    activeDays: begun ? facts.activeDays : 0,
    hours: facts.hours.filter(({ hour }) => hour <= at),
    latency: facts.latency.map((one) => ({
      ...one,
      weekly: one.weekly.filter((week) => week.at <= at),
    })),
    incidents: facts.incidents
      .filter(({ startedAt }) => startedAt <= at)
      .map((one) => incidentAsOf(one, at)),
    previous: unchangedSince(facts.previous, at),
    told: facts.told.filter((told) => told.at <= at),
  };
}

/** An incident that ended later was open then. */
export function incidentAsOf(incident: IncidentFacts, at: EpochMicros): IncidentFacts {
  const { endedAt } = incident;
  return { ...incident, endedAt: endedAt !== null && endedAt > at ? null : endedAt };
}

function unchangedSince(
  previous: Facts['previous'],
  at: EpochMicros,
): Record<string, PreviousState> {
  return Object.fromEntries(
    Object.entries(previous).filter(([, { since }]) => since !== null && since <= at),
  );
}
