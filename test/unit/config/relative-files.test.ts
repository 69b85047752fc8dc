import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfigFile } from '../../../src/config/load-config-file.ts';
import { proxySettingsOf } from '../../../src/wiring/proxy-settings-of.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tripmeter-config-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const CONFIG = `
endpoints:
  chat: { upstream: https://ws--chat.modal.run, gpu: none, tlsCa: { file: ca.pem } }
clients:
  app: { key: { file: secrets/app } }
`;

test('files of a configuration lie beside it, wherever the program was started', () => {
  const file = join(folder, 'tripmeter.yaml');
  mkdirSync(join(folder, 'secrets'));
  writeFileSync(file, CONFIG);
  writeFileSync(join(folder, 'ca.pem'), 'authority\n');
  writeFileSync(join(folder, 'secrets/app'), 'key\n');
  const loaded = loadConfigFile({ file, env: {}, workingDir: '/' });
  if (!loaded.ok) throw new Error(loaded.problems);
  const settings = proxySettingsOf(loaded.config);
  expect(settings.endpoints[0]?.tlsCa).toBe('authority');
  rmSync(join(folder, 'ca.pem'));
  expect(() => proxySettingsOf(loaded.config)).toThrow('ca.pem cannot be read');
});
