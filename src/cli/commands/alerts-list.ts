import { MICROS_PER_DAY } from '../../core/units.ts';
import { wallClockText } from '../../core/zoned-time.ts';
import { type ListedNotice, listNotices } from '../../ledger/queries/alerts.ts';
import { noticeView } from '../../status/notice-view.ts';
import { EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { withReader } from '../open-reader.ts';
import { positiveInteger } from '../positive-integer.ts';
import { tableText } from '../table.ts';

interface ListOptions {
  readonly days: number;
  readonly limit: number;
  readonly json?: true;
}

/** What was told, and whether it arrived. */
export const alertsListCommand: CliCommand<ListOptions> = {
  name: 'alerts list',
  summary: 'notices, newest first, and how their deliveries stand',
  setUp: (command) =>
    command
      .option('--days <N>', 'how far back', positiveInteger, 90)
      .option('--limit <N>', 'at most so many', positiveInteger, 50)
      .option('--json', 'one JSON object a line'),
  run: (invocation) =>
    withReader(invocation, async ({ ledger, config }) => {
      const { options, context } = invocation;
      const from = context.clock.now() - options.days * MICROS_PER_DAY;
      const notices = await listNotices(ledger.db, { from, limit: options.limit });
      if (options.json) {
        for (const one of notices) context.stdout(`${JSON.stringify(noticeView(one))}\n`);
        return EXIT.done;
      }
      if (notices.length === 0) {
        context.stdout(`Nothing was told in the last ${options.days} days.\n`);
        return EXIT.done;
      }
      const rows = notices.map((one) => [
        wallClockText(one.notice.at, config.timezone),
        one.notice.severity,
        one.notice.verdict.headline,
        deliveryText(one),
        one.key,
      ]);
      const columns = [
        { title: `AT (${config.timezone})` },
        { title: 'SEVERITY' },
        { title: 'WHAT', max: 70 },
        { title: 'DELIVERY', max: 40 },
        { title: 'KEY', optional: true },
      ];
      context.stdout(tableText(columns, rows, context));
      return EXIT.done;
    }),
};

function deliveryText({ deliveries, acknowledgedBy }: ListedNotice): string {
  const parts = deliveries.map(({ channel, status }) => `${channel} ${status}`);
  if (acknowledgedBy !== null) parts.push(`seen by ${acknowledgedBy}`);
  return parts.join(', ') || 'no channel is configured';
}
