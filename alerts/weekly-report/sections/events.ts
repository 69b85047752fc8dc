import { durationText, grouped } from '../../../src/core/measure-text.ts';
import { wallClockText } from '../../../src/core/zoned-time.ts';
import { figureCell, textCell } from '../cell.ts';
import { periodNoun } from '../period-name.ts';
import type { Cell, Section } from '../report.ts';
import type { ReportFacts } from '../report-facts.ts';

const MAX_ROWS = 20;

/** Emergencies, incidents, and what was told in the period. */
export function eventsSection(given: ReportFacts): Section {
  const { verdicts, incidents, facts, period, asOf } = given;
  const firing = verdicts.filter(
    ({ rule, state }) => rule.startsWith('emergency.') && state === 'met',
  );
  const told = facts.told
    .filter(({ at, rule }) => at >= period.start && at < period.end && !rule.startsWith('report.'))
    .toSorted((a, b) => b.at - a.at);
  const noun = periodNoun(given);
  const failures = incidents.reduce((sum, one) => sum + one.failures, 0);
  return {
    id: 'events',
    title: 'Emergencies, incidents and alerts',
    sentences: [
      ...(firing.length === 0
        ? ['No emergency is open.']
        : firing.map(({ title, reason }) => `${title}: ${reason}`)),
      incidents.length === 0
        ? `No incident this ${noun}.`
        : `${incidents.length === 1 ? 'One incident' : `${incidents.length} incidents`} this ${noun}; ${grouped(failures)} requests failed in them.`,
      told.length === 0
        ? `No alert was sent this ${noun}.`
        : `${told.length === 1 ? 'One alert was' : `${grouped(told.length)} alerts were`} sent this ${noun}.`,
    ],
    chart: null,
    tables: [
      ...(incidents.length === 0
        ? []
        : [
            {
              id: 'incidents',
              caption: `Incidents of the ${noun}`,
              columns: ['Endpoint', 'Mostly', 'From', 'Lasted', 'Failures'],
              rows: incidents.slice(0, MAX_ROWS).map((one) => incidentRow(one, facts.zone, asOf)),
            },
          ]),
      ...(told.length === 0
        ? []
        : [
            {
              id: 'alerts',
              caption: `Alerts of the ${noun}`,
              columns: ['Alert', 'Kind', 'For', 'At'],
              rows: told
                .slice(0, MAX_ROWS)
                .map(({ rule, kind, subject, at }): Cell[] => [
                  textCell(rule),
                  textCell(kind.replaceAll('_', ' ')),
                  textCell(subject === '' ? '–' : subject),
                  textCell(wallClockText(at, facts.zone)),
                ]),
            },
          ]),
    ],
  };
}

function incidentRow(one: ReportFacts['incidents'][number], zone: string, asOf: number): Cell[] {
  const lasted = (one.endedAt ?? asOf) - one.startedAt;
  return [
    textCell(one.endpoint),
    textCell((one.classes[0]?.name ?? '–').replaceAll('_', ' ')),
    textCell(wallClockText(one.startedAt, zone)),
    one.endedAt === null
      ? { text: `${durationText(lasted)}, still open`, value: lasted, unit: 'us' }
      : figureCell(lasted, 'us'),
    figureCell(one.failures, 'count'),
  ];
}
