import { expect, test } from 'vitest';
import { missingSecrets } from '../../../src/config/missing-secrets.ts';
import { configOf } from './load.ts';

const TEXT = `endpoints:
  a: { upstream: https://a.modal.run, gpu: L40S, signBody: { key: { env: SIGN } } }
clients: { app: { key: { env: APP } } }
channels: { slack: { webhook: { env: SLACK } } }
export: { honeycomb: { key: { file: /run/key }, configurationKey: { env: CONFIGURATION } } }
`;

const ABSENT = {
  sign: 'endpoints.a.signBody.key: the environment variable SIGN is not set',
  app: 'clients.app.key: the environment variable APP is not set',
  slack: 'channels.slack.webhook: the environment variable SLACK is not set',
  honeycomb: 'export.honeycomb.key: the secret file /run/key cannot be read',
};

test('every secret that the service needs is told at once, under its key', () => {
  expect(missingSecrets(configOf(TEXT), 'all').sort()).toEqual(Object.values(ABSENT).sort());
});

test('a process needs the secrets of its own part only', () => {
  const config = configOf(TEXT);
  expect(missingSecrets(config, 'proxy').sort()).toEqual([ABSENT.app, ABSENT.sign]);
  expect(missingSecrets(config, 'office').sort()).toEqual([ABSENT.slack, ABSENT.honeycomb]);
});

test('what is there is not told', () => {
  const env = { SIGN: 'hush', APP: 'hush', SLACK: 'hush' };
  expect(missingSecrets(configOf(TEXT, env), 'all')).toEqual([ABSENT.honeycomb]);
});
