import { existsSync } from 'node:fs';
import { isoInstant } from '../../core/measure-text.ts';
import type { LedgerSettings } from '../../ledger/open-ledger.ts';
import { type RejectedRecords, rejectedRecords } from '../../ledger/queries/rejected-records.ts';
import { rebuildRollups } from '../../ledger/rebuild-rollups.ts';
import { type Finding, verifyLedger } from '../../ledger/verify.ts';
import { CliError, EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';
import { counted } from '../format.ts';
import { type Reader, withReader, withWriter } from '../open-reader.ts';
import { printable } from '../table.ts';

interface VerifyOptions {
  readonly json?: true;
  readonly repair?: true;
}

/** Proves that the ledger agrees with itself and with the journal. */
export const verifyCommand: CliCommand<VerifyOptions> = {
  name: 'verify',
  summary: 'check that the ledger is sound; exit code 1 when it is not',
  setUp: (command) =>
    command
      .option('--repair', 'make the roll-ups anew from the requests first')
      .option('--json', 'one JSON object'),
  run: (invocation) => {
    const { options, context } = invocation;
    const verify = async ({ ledger, config }: Reader) => {
      const own = existsSync(config.journalDir) ? [config.journalDir] : [];
      const journals = [...new Set([...own, ...config.journals])];
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
      const rejected = await rejectedRecords(ledger.db);
      if (options.json) {
        context.stdout(`${JSON.stringify({ sound, hours, findings, rejected: rejected.count })}\n`);
      } else if (sound) {
        context.stdout(
          `the ledger is sound: ${counted(hours, 'hour')} of roll-ups checked against the requests\n`,
        );
      } else {
        for (const { check, message } of findings) {
          context.stdout(`${check}: ${printable(message)}\n`);
        }
        context.stderr(`tripmeter: ${verdictOn(findings)}\n`);
      }
      if (!options.json) context.stdout(rejectedText(rejected, config.ledger));
      return sound ? EXIT.done : EXIT.failed;
    };
    if (options.repair === undefined) return withReader(invocation, verify);
    return withWriter(invocation, async (writer) => {
      await rebuildRollups(writer.ledger);
      return await verify(writer);
    });
  },
};

function verdictOn(findings: readonly Finding[]): string {
  const count = counted(findings.length, 'finding');
  return findings.every(({ check }) => check === 'journal folder')
    ? `the ledger agrees with itself, but not every journal could be looked at: ${count}`
    : `the ledger is damaged: ${count}`;
}

const LOOK = 'select rejected_at, request_id, reason, payload from intake_rejected';

/** A record that was refused makes no ledger unsound: it is told, and changes no exit code. */
function rejectedText({ count, newest }: RejectedRecords, ledger: LedgerSettings): string {
  if (newest === null) return '';
  const client = ledger.kind === 'sqlite' ? `sqlite3 ${ledger.file}` : 'psql -c';
  return (
    `set aside: the ledger refused ${counted(count, 'record')}, the newest at ${isoInstant(newest.at)} ` +
    `(${printable(newest.reason)}). Look at them with: ${client} "${LOOK}", and delete there what is dealt with.\n`
  );
}
