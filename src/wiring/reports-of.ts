import { buildReport } from '../../alerts/weekly-report/build-report.ts';
import type { Report, ReportKind } from '../../alerts/weekly-report/report.ts';
import type { EpochMicros } from '../core/units.ts';
import {
  quarterWindow,
  weekWindow,
  windowBefore,
  windowOfLabel,
  type ZonedWindow,
} from '../core/zoned-time.ts';
import { firstRequestAt } from '../ledger/queries/facts-hours.ts';
import { keepReport, keptReport, keptReports } from '../ledger/queries/reports.ts';
import { type ReportSources, reportFactsOf } from './report-facts-of.ts';

/** Reports of weeks and quarters, for whoever sends or shows them. */
export interface Reports {
  /**
   * The report of a period as it was sent, or else as the record tells it now.
   * @throws RangeError when the label names no week or quarter, or one that has not begun.
   */
  read(label: string, now: EpochMicros): Promise<Report>;
  /** Made anew from the record, whatever was sent. */
  make(order: {
    readonly label: string;
    readonly now: EpochMicros;
    readonly late: boolean;
  }): Promise<Report>;
  /** Makes it and keeps it; what was kept before stays. @returns what is kept. */
  keep(order: {
    readonly label: string;
    readonly now: EpochMicros;
    readonly late: boolean;
  }): Promise<Report>;
  /** Weeks and quarters on record, newest first. */
  list(now: EpochMicros): Promise<readonly ListedReport[]>;
}

export interface ListedReport {
  readonly period: string;
  readonly kind: ReportKind;
  readonly sentAt: EpochMicros | null;
}

/** A year of weeks and its quarters. */
const LISTED_WEEKS = 53;

export function reportsOf(sources: ReportSources): Reports {
  const { ledger, config } = sources;
  const zone = config.timezone;
  const make: Reports['make'] = async ({ label, now, late }) => {
    const { kind, period } = reportPeriod(label, zone);
    if (period.start > now) throw new RangeError(`${label} has not begun`);
    return buildReport(await reportFactsOf(sources, { kind, period, now, late }), config.alerts);
  };
  return {
    make,
    read: async (label, now) => {
      const kept = await keptReport(ledger.db, label);
      return kept === null
        ? make({ label, now, late: false })
        : (JSON.parse(kept.payload) as Report);
    },
    keep: async (order) => {
      const before = await keptReport(ledger.db, order.label);
      if (before !== null) return JSON.parse(before.payload) as Report;
      const report = await make(order);
      const { kind } = report;
      const payload = JSON.stringify(report);
      await keepReport(ledger.db, { period: order.label, kind, madeAt: order.now, payload });
      return report;
    },
    list: async (now) => {
      const first = await firstRequestAt(ledger.db);
      const sent = new Map((await keptReports(ledger.db)).map((one) => [one.period, one.madeAt]));
      const oldest = Math.min(first ?? now, now);
      const weeks = periodsBack(weekWindow(now, zone), oldest, zone);
      const quarters = periodsBack(quarterWindow(now, zone), oldest, zone);
      return [
        ...weeks.map((period) => ({ period, kind: 'weekly' as const })),
        ...quarters.map((period) => ({ period, kind: 'checkpoint' as const })),
      ].map(({ period, kind }) => ({ period, kind, sentAt: sent.get(period) ?? null }));
    },
  };
}

/** The week or quarter of a label. @throws RangeError when it names neither. */
export function reportPeriod(
  label: string,
  zone: string,
): { readonly kind: ReportKind; readonly period: ZonedWindow } {
  if (!/^\d{4}-[WQ]\d{1,2}$/.test(label)) {
    throw new RangeError(
      `${JSON.stringify(label)} is no period of a report: write a week 2026-W47 or a quarter 2026-Q4`,
    );
  }
  const period = windowOfLabel(label, zone);
  return { kind: label.includes('W') ? 'weekly' : 'checkpoint', period };
}

function periodsBack(newest: ZonedWindow, oldest: EpochMicros, zone: string): string[] {
  const labels: string[] = [];
  for (
    let period = newest;
    period.end > oldest && labels.length < LISTED_WEEKS;
    period = windowBefore(period, zone)
  ) {
    labels.push(period.label);
  }
  return labels;
}
