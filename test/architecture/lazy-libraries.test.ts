import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** Large, and of no use to an installation that sends nothing, shows nothing and is pushed nothing. */
const LATER = [
  ...['@observablehq/plot', 'linkedom', '@resvg/resvg-js', 'nodemailer', 'protobufjs', 'pg'],
  ...['hyparquet-writer', '@opentelemetry/sdk-node', '@opentelemetry/otlp-transformer', 'ajv'],
];

const LISTING = `
  const loaded = [];
  require('node:module').registerHooks({
    load(url, context, next) { loaded.push(url); return next(url, context); },
  });
  process.on('exit', () => console.log(JSON.stringify(loaded)));
  import(process.argv[1]);`;

test.each(['office/office.ts', 'cli/commands/serve.ts'])(
  'src/%s loads no library before it is needed',
  (root) => {
    const file = new URL(`../../src/${root}`, import.meta.url).href;
    const out = execFileSync('node', ['--input-type=commonjs', '-e', LISTING, file], {
      encoding: 'utf8',
    });
    const loaded = JSON.parse(out) as string[];
    expect(loaded).toContain(file);
    const tooEarly = LATER.filter((name) =>
      loaded.some((url) => url.includes(`/node_modules/${name}/`)),
    );
    expect(tooEarly).toEqual([]);
  },
);
