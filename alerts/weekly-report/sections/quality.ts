import { durationText, grouped, measureText, usdText } from '../../../src/core/measure-text.ts';
import { MICROS_PER_DAY } from '../../../src/core/units.ts';
import { wallClockText } from '../../../src/core/zoned-time.ts';
import { figureCell, textCell } from '../cell.ts';
import type { Section } from '../report.ts';
import type { ReportFacts } from '../report-facts.ts';

const MAX_GAPS = 5;
/** A report on time is made within hours of its period's end. */
const STATE_IS_OLD_US = 2 * MICROS_PER_DAY;

/** How far the figures can be trusted. */
export function qualitySection(given: ReportFacts): Section {
  const { quality, spend, facts, usage } = given;
  const at = (instant: number) => wallClockText(instant, facts.zone);
  const gapUs = quality.gaps.reduce((sum, gap) => sum + gap.to - gap.from, 0);
  const problems = qualityProblems(given);
  const share = spend.totalNano === 0 ? null : spend.provisionalNano / spend.totalNano;
  return {
    id: 'quality',
    title: 'How good these figures are',
    sentences: problems.length === 0 ? ['Nothing is missing, stale or unsettled.'] : problems,
    chart: null,
    tables: [
      {
        id: 'quality',
        caption: 'Data quality',
        columns: ['', 'Figure'],
        rows: [
          [textCell('Requests without a known price'), figureCell(spend.unpriced, 'count')],
          [
            textCell('Requests whose cost is not final'),
            figureCell(quality.unsettledRequests, 'count'),
          ],
          [textCell('Provisional share of the dollars'), figureCell(share, 'ratio')],
          [
            textCell('Settled until'),
            textCell(quality.settledUntil === null ? 'never' : at(quality.settledUntil)),
          ],
          [textCell('At least, by the model'), figureCell(spend.lowNano, 'nano_usd')],
          [textCell('At most, by the model'), figureCell(spend.highNano, 'nano_usd')],
          [textCell('Hours with spend'), figureCell(quality.spendHours, 'count')],
          [textCell('Hours that the bill covers'), figureCell(quality.billedHours, 'count')],
          [
            textCell('Bill known until'),
            textCell(quality.billedUntil === null ? 'no bill' : at(quality.billedUntil)),
          ],
          [textCell('Records whose end a crash took'), figureCell(quality.crashRecovered, 'count')],
          [textCell('Time without a watch (service down)'), figureCell(gapUs, 'us')],
          [textCell('Corrected hours'), figureCell(quality.corrections.count, 'count')],
          [
            textCell('Dollars of the corrections'),
            figureCell(quality.corrections.nano, 'nano_usd'),
          ],
          [textCell('Requests on record'), figureCell(usage.requests, 'count')],
        ],
      },
    ],
  };
}

/** Each thing that makes the figures less than they seem, in a sentence. */
export function qualityProblems(given: ReportFacts): string[] {
  const { quality, spend, facts, period, asOf } = given;
  const at = (instant: number) => wallClockText(instant, facts.zone);
  const say = (holds: boolean, text: () => string) => (holds ? [text()] : []);
  const gaps = quality.gaps.slice(0, MAX_GAPS);
  const { settledUntil } = quality;
  return [
    ...say(
      spend.unpriced > 0,
      () =>
        `${grouped(spend.unpriced)} requests have no known price, so the dollars are a lower bound: see \`tripmeter prices\`.`,
    ),
    ...gaps.map(
      ({ from, to }) =>
        `Nobody watched from ${at(from)} to ${at(to)} (${durationText(to - from)}): the service was down, and what it missed is not here.`,
    ),
    ...say(
      quality.gaps.length > gaps.length,
      () => `${quality.gaps.length - gaps.length} further gap(s) are not listed.`,
    ),
    ...say(
      quality.unsettledRequests > 0,
      () =>
        `${grouped(quality.unsettledRequests)} requests are not settled: their share of idle time and cold starts is missing.`,
    ),
    ...say(
      settledUntil !== null && settledUntil < Math.min(period.end, asOf) && spend.totalNano > 0,
      () => `Settlement has come to ${at(settledUntil ?? 0)}.`,
    ),
    ...say(
      quality.spendHours > quality.billedHours && quality.billedUntil !== null,
      () =>
        `The bill is late: ${grouped(quality.spendHours - quality.billedHours)} hours with spend are metered only.`,
    ),
    ...say(
      quality.crashRecovered > 0,
      () =>
        `${grouped(quality.crashRecovered)} records were completed after a crash: their end is an estimate.`,
    ),
    ...recorderProblems(given),
    ...say(
      quality.corrections.count > 0,
      () =>
        `${grouped(quality.corrections.count)} settled hours were corrected, by ${usdText(quality.corrections.nano)} together.`,
    ),
  ];
}

/** Only the present state of the recorder is known: a report of the past says so. */
function recorderProblems({ facts, generatedAt, asOf }: ReportFacts): string[] {
  const { journal, intakeLagUs, sinks, collectors } = facts.recorder;
  const stale = collectors.filter(
    ({ lastSuccessAt, startedAt, staleAfterUs }) =>
      facts.now - (lastSuccessAt ?? startedAt) > staleAfterUs,
  );
  const problems = [
    ...(journal === null || journal.ok
      ? []
      : ['The journal cannot be written: records are at risk.']),
    ...((intakeLagUs ?? 0) > 0 ? [`Intake is ${durationText(intakeLagUs ?? 0)} behind.`] : []),
    ...sinks
      .filter(({ stopped }) => stopped !== null)
      .map(({ name, stopped }) => `Export to ${name} has stopped: ${stopped}`),
    ...stale.map(({ name, lastSuccessAt }) =>
      lastSuccessAt === null
        ? `Collector ${name} has never succeeded.`
        : `Collector ${name} last succeeded ${measureText(facts.now - lastSuccessAt, 'us')} ago.`,
    ),
  ];
  if (problems.length === 0 || generatedAt - asOf < STATE_IS_OLD_US) return problems;
  const now = wallClockText(generatedAt, facts.zone);
  return [
    ...problems,
    `What is said of the journal, of exports and of collectors is as of ${now}, not of the time reported.`,
  ];
}
