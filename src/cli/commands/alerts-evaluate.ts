import { isoInstant, measureText } from '../../core/measure-text.ts';
import { noticeKey } from '../../core/notice.ts';
import { alertEngineOf } from '../../wiring/alert-engine-of.ts';
import { recorderBeside, watchedCollectors } from '../../wiring/alert-recorder.ts';
import { channelsOf } from '../../wiring/channels-of.ts';
import { EXIT, usageError } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { withReader, withWriter } from '../open-reader.ts';
import { parseInstant } from '../parse-instant.ts';
import { tableText } from '../table.ts';

interface EvaluateOptions {
  readonly at?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

/** Every rule, now or as of another time. Without `--dry-run` the result is kept and told. */
export const alertsEvaluateCommand: CliCommand<EvaluateOptions> = {
  name: 'alerts evaluate',
  summary: 'evaluate every rule, now or at another time',
  setUp: (command) =>
    command
      .option('--at <TIME>', 'as if it were then; keeps nothing, so needs --dry-run')
      .option('--dry-run', 'show it, keep and tell nothing')
      .option('--json', 'one JSON object'),
  run: (invocation) => {
    const { options, context } = invocation;
    if (options.at !== undefined && !options.dryRun) {
      throw usageError('--at needs --dry-run: what is told is told now, not at another time');
    }
    const open = options.dryRun ? withReader : withWriter;
    return open(invocation, async ({ ledger, config }) => {
      const { routes } = channelsOf(config, context.clock);
      const recorder = recorderBeside({ ledger, collectors: watchedCollectors(config) });
      const engine = alertEngineOf({ ledger, config, recorder, routes });
      const clock = { now: context.clock.now(), zone: config.timezone };
      const now = parseInstant(options.at, '--at', clock) ?? clock.now;
      const result = options.dryRun ? await engine.dryRun(now) : await engine.evaluate(now);
      if (options.json) {
        const notices = result.notices.map((notice) => ({ key: noticeKey(notice), ...notice }));
        const view = { at: isoInstant(now), committed: result.committed };
        const { verdicts } = result;
        context.stdout(`${JSON.stringify({ ...view, verdicts, notices })}\n`);
        return EXIT.done;
      }
      const rows = result.verdicts.map((verdict) => [
        verdict.subject === '' ? verdict.rule : `${verdict.rule} ${verdict.subject}`,
        verdict.state.replaceAll('_', ' '),
        measureText(verdict.value, verdict.unit),
        verdict.reason,
      ]);
      const columns = ['RULE', 'STATE', 'VALUE', 'WHY'].map((title) => ({ title, max: 100 }));
      context.stdout(tableText(columns, rows, context));
      const told = result.notices.map((notice) => `  ${notice.verdict.headline}\n`).join('');
      const verb = options.dryRun ? 'Would be told' : 'Told';
      context.stdout(told === '' ? '\nNothing to tell.\n' : `\n${verb}:\n${told}`);
      return EXIT.done;
    });
  },
};
