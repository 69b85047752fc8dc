import type { BlindnessSettings } from '../../src/core/alert-settings.ts';
import { type Facts, stateKey } from '../../src/core/facts.ts';
import { bytesText, durationText, grouped, instantText } from '../../src/core/measure-text.ts';
import { episodePolicy, type Rule } from '../../src/core/rule.ts';
import type { Unit, Verdict } from '../../src/core/verdict.ts';

/** The service alerts on its own failure: what it cannot see, it cannot judge. */
export const blindness: Rule = {
  id: 'budget.blindness',
  title: 'Blindness',
  policy: episodePolicy(
    { kind: 'blind', severity: 'critical' },
    { kind: 'sees_again', severity: 'info' },
  ),
  describe: ({ blindness: limits }) =>
    'the journal cannot be written, no records while the upstream is called, intake lags by ' +
    `${durationText(limits.intakeLagUs)}, export by ${durationText(limits.exportLagUs)}, a collector is stale, ` +
    `or less than ${bytesText(limits.diskFreeBytes)} of disk are free`,
  evaluate: (facts, { blindness: limits }) =>
    [
      ...journalSpots(facts),
      ...intakeSpots(facts, limits),
      ...sinkSpots(facts, limits),
      ...collectorSpots(facts),
      ...diskSpots(facts, limits),
    ].map((spot) => spotVerdict(facts, spot)),
};

/** One way to be blind, whether it is so or not. */
interface Spot {
  readonly subject: string;
  readonly blind: boolean;
  readonly headline: string;
  readonly detail: string;
  readonly value: number;
  readonly threshold: number;
  readonly unit: Unit;
  readonly nextStep: string;
}

function journalSpots({ recorder: { journal, traffic } }: Facts): Spot[] {
  const spots: Spot[] = [];
  if (journal !== null) {
    spots.push({
      subject: 'journal',
      blind: !journal.ok,
      headline: `the journal cannot be written, ${grouped(journal.entriesAtRisk)} records at risk`,
      detail: `The journal cannot be written (${journal.lastError ?? 'no reason given'}); ${journal.entriesAtRisk} entries are in memory only.`,
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

function sinkSpots({ recorder }: Facts, limits: BlindnessSettings): Spot[] {
  return recorder.sinks.map((sink) => ({
    subject: `export ${sink.name}`,
    blind: sink.stopped !== null || sink.lagUs > limits.exportLagUs,
    headline: `export to ${sink.name} is ${durationText(sink.lagUs)} behind`,
    detail: `${grouped(sink.depth)} records wait for ${sink.name}; ${sink.stopped ?? 'it is being retried'}.`,
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

function spotVerdict(facts: Facts, spot: Spot): Verdict {
  const before = facts.previous[stateKey(blindness.id, '', spot.subject)]?.state;
  const open = before === 'met' || before === 'cleared' ? 'cleared' : 'not_met';
  return {
    rule: blindness.id,
    period: '',
    subject: spot.subject,
    title: `${blindness.title}: ${spot.subject}`,
    headline: spot.headline,
    state: spot.blind ? 'met' : open,
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
