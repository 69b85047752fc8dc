import type { BlindnessSettings } from '../../src/core/alert-settings.ts';
import { type Facts, type PreviousState, stateKey } from '../../src/core/facts.ts';
import { hourSeries } from '../../src/core/hour-series.ts';
import { bytesText, durationText, grouped, instantText } from '../../src/core/measure-text.ts';
import { episodePolicy, type Rule } from '../../src/core/rule.ts';
import { SETTLEMENT_BEHIND_US, settlementLag } from '../../src/core/spend-facts.ts';
import {
  type EpochMicros,
  MICROS_PER_DAY,
  MICROS_PER_HOUR,
  type Micros,
} from '../../src/core/units.ts';
import type { RuleState, Unit, Verdict } from '../../src/core/verdict.ts';
import { hourFloor } from '../../src/core/zoned-time.ts';

const WEEK_US = 7 * MICROS_PER_DAY;

/** The service alerts on its own failure: what it cannot see, it cannot judge. */
export const blindness: Rule = {
  id: 'budget.blindness',
  title: 'Blindness',
  policy: episodePolicy(
    { kind: 'blind', severity: 'critical' },
    { kind: 'sees_again', severity: 'info' },
  ),
  describe: ({ blindness: limits }) =>
    'the ledger takes no write, the journal cannot be written, no records while the upstream is called, no requests where every week has had ' +
    `some, intake lags by ` +
    `${durationText(limits.intakeLagUs)}, settlement by ${durationText(SETTLEMENT_BEHIND_US)} for an hour, export by ${durationText(limits.exportLagUs)}, a collector is stale, ` +
    `or less than ${bytesText(limits.diskFreeBytes)} of disk are free`,
  evaluate: (facts, { blindness: limits }) =>
    [
      ...ledgerSpots(facts, limits),
      ...journalSpots(facts),
      ...trafficSpots(facts),
      ...intakeSpots(facts, limits),
      ...settlementSpots(facts),
      ...sinkSpots(facts, limits),
      ...collectorSpots(facts),
      ...diskSpots(facts, limits),
    ].map((spot) => spotVerdict(facts, spot)),
};

/** One way to be blind, whether it is so or not. */
interface Spot {
  readonly subject: string;
  readonly blind: boolean;
  /** So long it may last before it is told. None unless said. */
  readonly patienceUs?: Micros;
  readonly headline: string;
  readonly detail: string;
  readonly value: number;
  readonly threshold: number;
  readonly unit: Unit;
  readonly nextStep: string;
}

/** Judged by as long as intake may lag: a database that restarts is none of it. */
function ledgerSpots({ recorder: { ledger }, now }: Facts, limits: BlindnessSettings): Spot[] {
  if (ledger === null) return [];
  const lasts = now - ledger.failingSince;
  return [
    {
      subject: 'ledger',
      blind: lasts >= limits.intakeLagUs,
      headline: `the ledger takes no write for ${durationText(lasts)}`,
      detail: `The ledger takes no write (${ledger.lastError}): no settlement, no other alert. The journal keeps what comes.`,
      value: lasts,
      threshold: limits.intakeLagUs,
      unit: 'us',
      nextStep: 'Free or repair the disk of the data directory, or bring the database back.',
    },
  ];
}

function journalSpots({ recorder: { journal, traffic } }: Facts): Spot[] {
  const spots: Spot[] = [];
  if (journal !== null) {
    spots.push({
      subject: 'journal',
      blind: !journal.ok,
      headline: `the journal cannot be written, ${grouped(journal.entriesAtRisk)} records at risk`,
      detail: journal.ok
        ? 'The journal is written.'
        : `The journal cannot be written (${journal.lastError ?? 'no reason given'}); ${journal.entriesAtRisk} entries are in memory only.`,
      value: journal.entriesAtRisk,
      threshold: 0,
      unit: 'count',
      nextStep: 'Free or repair the disk of the data directory. Requests still pass.',
    });
  }
  if (traffic !== null) {
    spots.push({
      subject: 'records',
      blind: traffic.calls > 0 && traffic.records === 0,
      headline: `no records of ${grouped(traffic.calls)} upstream calls`,
      detail: `${traffic.calls} upstream calls and ${traffic.records} records in the last 15 minutes.`,
      value: traffic.calls - traffic.records,
      threshold: 0,
      unit: 'count',
      nextStep: 'Check that clients call the proxy and not Modal, and read the proxy log.',
    });
  }
  return spots;
}

const QUIET_HOURS = 3;
const WEEKS = 4;
/** The quietest of the weeks before must have had so many in these hours. */
const USUAL_REQUESTS = 60;

/**
 * Silence where there was none: clients may have been pointed past the proxy. Judged over the last whole hours
 * against the same hours of the four weeks before; less history says nothing.
 */
function trafficSpots({ now, hours, hoursFrom, firstRequestAt }: Facts): Spot[] {
  const end = hourFloor(now);
  const start = end - QUIET_HOURS * MICROS_PER_HOUR;
  const oldest = start - WEEKS * WEEK_US;
  if (firstRequestAt === null || Math.max(firstRequestAt, hoursFrom) > oldest) return [];
  const requests = hourSeries(hours, (hour) => hour.requests);
  const usual = Math.min(
    ...Array.from({ length: WEEKS }, (_, week) => {
      const back = (week + 1) * WEEK_US;
      return requests.sum(start - back, end - back);
    }),
  );
  const seen = requests.sum(start, now + 1);
  return [
    {
      subject: 'traffic',
      blind: seen === 0 && usual >= USUAL_REQUESTS,
      headline: `no request for ${QUIET_HOURS} hours that had at least ${grouped(usual)} in every week`,
      detail: `${grouped(seen)} requests came in ${QUIET_HOURS} hours; the same hours of the last ${WEEKS} weeks had at least ${grouped(usual)} each.`,
      value: seen,
      threshold: usual,
      unit: 'requests',
      nextStep: 'Check that clients still call the proxy and not Modal itself, and that they run.',
    },
  ];
}

function intakeSpots({ recorder }: Facts, limits: BlindnessSettings): Spot[] {
  const lag = recorder.intakeLagUs;
  if (lag === null) return [];
  return [
    {
      subject: 'intake',
      blind: lag > limits.intakeLagUs,
      headline: `records reach the ledger ${durationText(lag)} late`,
      detail: `The oldest record that is not in the ledger is ${durationText(lag)} old.`,
      value: lag,
      threshold: limits.intakeLagUs,
      unit: 'us',
      nextStep: 'Check that the office thread runs and that the ledger can be written.',
    },
  ];
}

/** After an import it is behind for minutes; for an hour, it does not work, and no pace is judged meanwhile. */
const SETTLEMENT_PATIENCE_US = MICROS_PER_HOUR;

function settlementSpots(facts: Facts): Spot[] {
  if (facts.firstRequestAt === null) return [];
  const lag = settlementLag(facts);
  const spot: Spot = {
    subject: 'settlement',
    blind: lag > SETTLEMENT_BEHIND_US,
    patienceUs: SETTLEMENT_PATIENCE_US,
    headline: `settlement is ${durationText(lag)} behind`,
    detail:
      lag === 0
        ? 'Every request on record is settled.'
        : `The oldest request that is not settled ended ${durationText(lag)} ago; rules that compare paces wait.`,
    value: lag,
    threshold: SETTLEMENT_BEHIND_US,
    unit: 'us',
    nextStep: 'Read the log for failures of the job `settle`, or run `tripmeter settle`.',
  };
  return [spot];
}

function sinkSpots({ recorder }: Facts, limits: BlindnessSettings): Spot[] {
  return recorder.sinks.map((sink) => ({
    subject: `export ${sink.name}`,
    blind: sink.stopped !== null || sink.lagUs > limits.exportLagUs,
    headline: `export to ${sink.name} is ${durationText(sink.lagUs)} behind`,
    detail:
      `${grouped(sink.depth)} records wait for ${sink.name}; ${sink.stopped ?? 'it is being retried'}` +
      `${sink.rejected > 0 ? `; ${grouped(sink.rejected)} were refused and set aside` : ''}.`,
    value: sink.lagUs,
    threshold: limits.exportLagUs,
    unit: 'us',
    nextStep: `Check the key and the address of ${sink.name}. Nothing is lost: export resumes where it stopped.`,
  }));
}

function collectorSpots({ recorder, now, zone }: Facts): Spot[] {
  return recorder.collectors.map((collector) => {
    const age = now - (collector.lastSuccessAt ?? collector.startedAt);
    const last =
      collector.lastSuccessAt === null ? 'never' : instantText(collector.lastSuccessAt, zone);
    return {
      subject: `collector ${collector.name}`,
      blind: age > collector.staleAfterUs,
      headline: `collector ${collector.name} is stale for ${durationText(age)}`,
      detail: `${collector.name} last succeeded: ${last}; last error: ${collector.lastError ?? 'none'}.`,
      value: age,
      threshold: collector.staleAfterUs,
      unit: 'us',
      nextStep: `Check the credentials of ${collector.name}.`,
    };
  });
}

function diskSpots({ recorder }: Facts, limits: BlindnessSettings): Spot[] {
  const free = recorder.diskFreeBytes;
  if (free === null) return [];
  return [
    {
      subject: 'disk',
      blind: free < limits.diskFreeBytes,
      headline: `only ${bytesText(free)} of disk are free`,
      detail: `${bytesText(free)} are free on the volume of the data directory.`,
      value: free,
      threshold: limits.diskFreeBytes,
      unit: 'bytes',
      nextStep: 'Free space, or lower `retention.requests`.',
    },
  ];
}

function stateOf(spot: Spot, before: PreviousState | undefined, now: EpochMicros): RuleState {
  const stood = before?.state === 'met';
  if (!spot.blind) return stood || before?.state === 'cleared' ? 'cleared' : 'not_met';
  const since = before?.state === 'pending' ? (before.since ?? now) : now;
  return stood || now - since >= (spot.patienceUs ?? 0) ? 'met' : 'pending';
}

function spotVerdict(facts: Facts, spot: Spot): Verdict {
  const before = facts.previous[stateKey(blindness.id, '', spot.subject)];
  return {
    rule: blindness.id,
    period: '',
    subject: spot.subject,
    title: `${blindness.title}: ${spot.subject}`,
    headline: spot.headline,
    state: stateOf(spot, before, facts.now),
    value: spot.value,
    threshold: spot.threshold,
    unit: spot.unit,
    window: { start: facts.now, end: facts.now, label: 'now' },
    zone: facts.zone,
    since: null,
    until: null,
    reason: spot.detail,
    evidence: [],
    nextStep: spot.nextStep,
  };
}
