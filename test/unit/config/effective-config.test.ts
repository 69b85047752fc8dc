import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { effectiveConfig } from '../../../src/config/effective-config.ts';
import { configOf, ENDPOINT } from './load.ts';

const FULL = `${ENDPOINT}timezone: Europe/Berlin
journal: { durability: power }
channels:
  email: { smtp: "smtp://ops:hunter2@mail.example:587", from: a@b.example, to: [a@b.example] }
  hook: { url: "https://hooks.example/T0/B0/hunter2", secret: { env: HOOK } }
export:
  honeycomb: { key: { env: HONEYCOMB_API_KEY } }
  otlp:
    - { name: phoenix, url: "http://127.0.0.1:6006", headers: { authorization: "Bearer hunter2" } }
    - { name: asked, url: "https://otlp.example/x?key=hunter2" }
`.replace('  hook:', '  webhook:');

describe('the effective configuration', () => {
  const shown = effectiveConfig(FULL) as Record<string, Record<string, unknown>>;

  test('has what the file says and every default, in the notation of the file', () => {
    expect(shown).toMatchObject({
      timezone: 'Europe/Berlin',
      listen: '127.0.0.1:8787',
      journal: { durability: 'power', onFailure: 'forward', segment: '64MiB' },
      retention: { requests: '90d' },
      endpoints: { generate: { gpu: 'L40S', maxInputs: 1, scaledownWindow: '60s' } },
    });
  });

  test('names secrets and shows none', () => {
    expect(shown.export?.honeycomb).toMatchObject({ key: { env: 'HONEYCOMB_API_KEY' } });
    expect(JSON.stringify(shown)).not.toContain('hunter2');
    expect(shown.channels).toMatchObject({
      email: { smtp: 'smtp://ops:[secret]@mail.example:587' },
      webhook: { url: 'https://hooks.example/[secret]' },
    });
    expect(shown.export?.otlp).toMatchObject([
      { url: 'http://127.0.0.1:6006', headers: { authorization: '[secret]' } },
      { url: 'https://otlp.example/x?[secret]' },
    ]);
  });

  test('written to a file is the same configuration', () => {
    const again = stringify(effectiveConfig(ENDPOINT));
    expect(configOf(again)).toEqual(configOf(ENDPOINT));
    expect(effectiveConfig(again)).toEqual(parse(again));
  });
});
