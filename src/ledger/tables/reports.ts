/** A report that was sent, as JSON of `alerts/weekly-report`'s `Report`. */
export interface ReportsTable {
  /** `2026-W47` or `2026-Q4`. */
  period: string;
  kind: 'weekly' | 'checkpoint';
  made_at: number;
  payload: string;
}
