import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { resolveSecret, Secret } from '../../../src/config/secret.ts';
import { configOf, ENDPOINT, problemsOf } from './load.ts';

const PASSWORD = 'hunter2-very-secret';

describe('a secret', () => {
  test('shows itself to nobody but who asks for it', () => {
    const secret = new Secret(PASSWORD);
    const shown = [`${secret}`, JSON.stringify({ secret }), inspect({ secret }), String(secret)];
    expect(shown.join()).not.toContain(PASSWORD);
    expect(secret.reveal()).toBe(PASSWORD);
  });

  test('comes from the environment or from a file, without the line break at its end', () => {
    const sources = { env: { NAME: PASSWORD }, readFile: () => `${PASSWORD}\n` };
    expect(resolveSecret({ env: 'NAME' }, sources).reveal()).toBe(PASSWORD);
    expect(resolveSecret({ file: '/run/secret' }, sources).reveal()).toBe(PASSWORD);
  });

  test.each([
    ['is not set', {}],
    ['is empty', { NAME: '' }],
  ])('whose variable %s is named in the error', (_name, env) => {
    const resolve = () => resolveSecret({ env: 'NAME' }, { env, readFile: () => '' });
    expect(resolve).toThrow(/NAME/);
  });

  test.each([
    [
      'channels: { email: { smtp: "smtp://u@h:25", password: VALUE, from: a@b.c, to: [a@b.c] } }',
      'channels.email.password',
    ],
    ['channels: { slack: { webhook: "VALUE" } }', 'channels.slack.webhook'],
    ['export: { honeycomb: { key: VALUE } }', 'export.honeycomb.key'],
    ['clients: { a: { key: VALUE } }', 'clients.a.key'],
    ['ledger: { postgres: "VALUE" }', 'ledger.postgres'],
    [
      'export: { otlp: [{ name: a, url: http://x.example, headers: { Authorization: VALUE } }] }',
      'export.otlp.0.headers.Authorization',
    ],
    [
      'channels: { email: { smtp: "smtp://u:VALUE@h:25", from: a@b.c, to: [a@b.c] } }',
      'channels.email.smtp',
    ],
  ])(
    'written into the file is refused, not repeated, and the error tells how: %s',
    (line, path) => {
      const [problem, ...others] = problemsOf(ENDPOINT + line.replace('VALUE', PASSWORD));
      expect(others).toEqual([]);
      expect(problem).toContain(` ${path}: `);
      expect(problem).toContain('{ env: ');
      expect(problem).not.toContain(PASSWORD);
    },
  );

  test('in the address of an upstream is refused and not repeated', () => {
    const text = `endpoints: { a: { upstream: "https://u:${PASSWORD}@a.example", gpu: L40S } }`;
    expect(problemsOf(text)).toHaveLength(1);
    expect(problemsOf(text)[0]).not.toContain(PASSWORD);
  });

  test('is named with its path, so that `check` can tell which are missing', () => {
    const text = `${ENDPOINT}export: { honeycomb: { key: { env: HONEYCOMB_API_KEY } } }\n`;
    expect(configOf(text).secrets).toEqual([
      { path: 'export.honeycomb.key', reference: { env: 'HONEYCOMB_API_KEY' } },
    ]);
  });

  test('of the environment appears nowhere in a printed configuration', () => {
    const text = `${ENDPOINT}export: { honeycomb: { key: { env: HONEYCOMB_API_KEY } } }\n`;
    const config = configOf(text, { HONEYCOMB_API_KEY: PASSWORD });
    expect(inspect(config, { depth: 9 }) + JSON.stringify(config)).not.toContain(PASSWORD);
    const [named] = config.secrets;
    expect(resolveSecret(named!.reference, config.secretSources).reveal()).toBe(PASSWORD);
  });
});
