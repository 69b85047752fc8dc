import type { EngineResult } from '../../../alerts/engine.ts';
import { isoInstant, measureText } from '../../core/measure-text.ts';
import { noticeKey } from '../../core/notice.ts';
import type { EpochMicros } from '../../core/units.ts';
import { alertEngineOf } from '../../wiring/alert-engine-of.ts';
import { recorderBeside, watchedCollectors } from '../../wiring/alert-recorder.ts';
import { evaluateAsOf } from '../../wiring/alert-replay.ts';
import { channelsOf } from '../../wiring/channels-of.ts';
import type { CliContext } from '../cli-context.ts';
import { EXIT, usageError } from '../cli-error.ts';
import type { CliCommand, Invocation } from '../command.ts';
import { UNKNOWN } from '../format.ts';
import { type Reader, withReader, withWriter } from '../open-reader.ts';
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
    return open(invocation, async (reader) => {
      const clock = { now: context.clock.now(), zone: reader.config.timezone };
      const at = parseInstant(options.at, '--at', clock);
      if (at !== undefined && at > clock.now) throw usageError('--at lies ahead: nothing is known');
      const result = await evaluated(reader, invocation, at);
      context.stdout(
        options.json
          ? evaluationJson(result, at ?? clock.now)
          : verdictTable(result, context) + toldText(result, options.dryRun ?? false),
      );
      return EXIT.done;
    });
  },
};

type Evaluated = Pick<EngineResult, 'verdicts' | 'notices' | 'committed'>;

async function evaluated(
  { ledger, config }: Reader,
  { options, context }: Invocation<EvaluateOptions>,
  at: EpochMicros | undefined,
): Promise<Evaluated> {
  if (at !== undefined)
    return { ...(await evaluateAsOf({ ledger, config }, at)), committed: false };
  const { routes } = channelsOf(config, context.clock);
  const recorder = recorderBeside({ ledger, collectors: watchedCollectors(config) });
  const engine = alertEngineOf({ ledger, config, recorder, routes });
  const now = context.clock.now();
  return options.dryRun ? engine.dryRun(now) : engine.evaluate(now);
}

function evaluationJson({ verdicts, notices, committed }: Evaluated, at: EpochMicros): string {
  const told = notices.map((notice) => ({ key: noticeKey(notice), ...notice }));
  return `${JSON.stringify({ at: isoInstant(at), committed, verdicts, notices: told })}\n`;
}

function verdictTable({ verdicts }: Evaluated, context: CliContext): string {
  const rows = verdicts.map((verdict) => [
    verdict.subject === '' ? verdict.rule : `${verdict.rule} ${verdict.subject}`,
    verdict.state.replaceAll('_', ' '),
    verdict.value === null ? UNKNOWN : measureText(verdict.value, verdict.unit),
    verdict.reason,
  ]);
  const columns = ['RULE', 'STATE', 'VALUE', 'WHY'].map((title) => ({ title, max: 100 }));
  return tableText(columns, rows, context);
}

function toldText({ notices, committed }: Evaluated, dryRun: boolean): string {
  if (!dryRun && !committed) {
    return '\nThe service evaluated in between: its result stands, this one was not kept.\n';
  }
  if (notices.length === 0) return '\nNothing to tell.\n';
  const told = notices.map(({ verdict }) => `  ${verdict.headline}\n`).join('');
  return `\n${dryRun ? 'Would be told' : 'Told'}:\n${told}`;
}
