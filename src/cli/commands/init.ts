import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { CliError, EXIT } from '../cli-error.ts';
import type { CliCommand } from '../command.ts';

interface InitOptions {
  readonly upstream?: string;
  readonly gpu?: string;
  readonly endpoint: string;
  readonly force?: true;
  readonly json?: true;
}

/** Writes a commented configuration to start from. */
export const initCommand: CliCommand<InitOptions> = {
  name: 'init',
  summary: 'write a commented tripmeter.yaml to start from',
  setUp: (command) =>
    command
      .option('--upstream <URL>', 'address of your endpoint')
      .option('--gpu <TYPE>', 'its GPU as in the Modal decorator')
      .option('--endpoint <NAME>', 'its name, also its path at the proxy', 'generate')
      .option('--force', 'replace a file that is there')
      .option('--json', 'the file that was written, as one JSON object'),
  run: async ({ options, configFile, context }) => {
    const file = resolve(context.workingDir, configFile ?? 'tripmeter.yaml');
    const replaced = existsSync(file);
    if (replaced && !options.force) {
      throw new CliError(`${file} is there already; --force replaces it`);
    }
    writeFileSync(file, personal(template(), options));
    context.stdout(
      options.json
        ? `${JSON.stringify({ file, replaced })}\n`
        : `wrote ${file}\nnext: tripmeter check, then tripmeter serve\n`,
    );
    return EXIT.done;
  },
};

function template(): string {
  return readFileSync(new URL('../../config/tripmeter.example.yaml', import.meta.url), 'utf8');
}

function personal(text: string, { upstream, gpu, endpoint }: InitOptions): string {
  return text
    .replace('  generate:', `  ${endpoint}:`)
    .replace('https://ws--generate.modal.run', upstream ?? 'https://ws--generate.modal.run')
    .replace('gpu: A100-80GB', `gpu: ${gpu ?? 'A100-80GB'}`);
}
