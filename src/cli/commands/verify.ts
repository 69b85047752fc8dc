import { existsSync } from 'node:fs';
import { verifyLedger } from '../../ledger/verify.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted } from '../format.ts';
import { withReader } from '../open-reader.ts';
import { printable } from '../table.ts';

/** Proves that the ledger agrees with itself and with the journal. */
export const verifyCommand: CliCommand<{ readonly json?: true }> = {
  name: 'verify',
  summary: 'check that the ledger is sound; exit code 1 when it is not',
  setUp: (command) => command.option('--json', 'one JSON object'),
  run: (invocation) =>
    withReader(invocation, async ({ ledger, config }) => {
      const { options, context } = invocation;
      const journals = existsSync(config.journalDir) ? [config.journalDir] : [];
      let hours = 0;
      const findings = await verifyLedger({
        ledger,
        journals,
        onProgress: (checked) => {
          hours = checked;
          if (context.signal.aborted) throw new CliError('stopped before the end; run it again');
        },
      });
      const sound = findings.length === 0;
      if (options.json) {
        context.stdout(`${JSON.stringify({ sound, hours, findings })}\n`);
      } else if (sound) {
        context.stdout(
          `the ledger is sound: ${counted(hours, 'hour')} of roll-ups checked against the requests\n`,
        );
      } else {
        for (const { check, message } of findings) {
          context.stdout(`${check}: ${printable(message)}\n`);
        }
        context.stderr(
          `tripmeter: the ledger is damaged: ${counted(findings.length, 'finding')}\n`,
        );
      }
      return sound ? EXIT.done : EXIT.failed;
    }),
};
