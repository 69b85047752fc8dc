import { cleanText } from '../../dashboards/charts/clean-text.ts';
import type { UsageGroup } from '../../src/core/period-facts.ts';
import type { Report } from './report.ts';
import type { ReportFacts } from './report-facts.ts';

const MAX_NAME = 60;
const MAX_SENTENCE = 700;

const short = (name: string) => cleanText(name, MAX_NAME);
const shortOrNull = (name: string | null) => (name === null ? null : short(name));

/**
 * Names that others chose, cut to what a table holds and stripped of control and direction characters. Escaping is
 * each renderer's own business.
 */
export function withCleanNames(given: ReportFacts): ReportFacts {
  const group = (one: UsageGroup): UsageGroup => ({
    ...one,
    endpoint: short(one.endpoint),
    operation: shortOrNull(one.operation),
  });
  return {
    ...given,
    endpoints: given.endpoints.map((one) => ({ ...one, endpoint: shortOrNull(one.endpoint) })),
    usage: {
      ...given.usage,
      byEndpoint: given.usage.byEndpoint.map(group),
      byOperation: given.usage.byOperation.map(group),
    },
    incidents: given.incidents.map((one) => ({ ...one, endpoint: short(one.endpoint) })),
    savings: {
      ...given.savings,
      list: given.savings.list.map((one) => ({ ...one, endpoint: short(one.endpoint) })),
    },
  };
}

/** The same for every text of a finished report: rules put names into their reasons. */
export function withCleanTexts(report: Report): Report {
  const sentence = (text: string) => cleanText(text, MAX_SENTENCE);
  return {
    ...report,
    verdict: { ...report.verdict, why: report.verdict.why.map(sentence) },
    actions: report.actions.map((action) => ({ ...action, text: sentence(action.text) })),
    sections: report.sections.map((section) => ({
      ...section,
      sentences: section.sentences.map(sentence),
      tables: section.tables.map((table) => ({
        ...table,
        rows: table.rows.map((row) => row.map((cell) => ({ ...cell, text: sentence(cell.text) }))),
      })),
    })),
  };
}
