import { monthWindow, windowOfLabel, type ZonedWindow } from '../core/zoned-time.ts';
import type { CliContext } from './cli-context.ts';
import { messageOf, usageError } from './cli-error.ts';

/**
 * The period that `--month` names, or this month. Also a week, a day, a quarter.
 * @throws CliError with exit code 2 when it names none.
 */
export function periodOf(
  label: string | undefined,
  { clock }: Pick<CliContext, 'clock'>,
  zone: string,
): ZonedWindow {
  if (label === undefined) return monthWindow(clock.now(), zone);
  try {
    return windowOfLabel(label, zone);
  } catch (error) {
    throw usageError(`--month ${messageOf(error)}`);
  }
}
