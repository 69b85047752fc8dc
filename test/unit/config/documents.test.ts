import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { configJsonSchema, knownKeys } from '../../../src/config/known-keys.ts';
import { configOf, ENDPOINT } from './load.ts';

const example = readFileSync('src/config/tripmeter.example.yaml', 'utf8');

describe('the example configuration', () => {
  test('loads as it is', () => {
    expect(configOf(example).endpoints.map(({ name }) => name)).toEqual(['generate', 'health']);
  });

  test('shows the defaults: what it says beside the endpoints changes nothing', () => {
    const { endpoints: _a, upstreamOptions: _b, ...shown } = configOf(example);
    const { endpoints: _c, upstreamOptions: _d, ...defaults } = configOf(ENDPOINT);
    expect(JSON.parse(JSON.stringify(shown))).toEqual(JSON.parse(JSON.stringify(defaults)));
  });

  test.each(['none', 'L40S', 'H100:8'])('loads with the GPU %s in its place', (gpu) => {
    const text = example.replace('gpu: A100-80GB', `gpu: ${gpu}`);
    expect(configOf(text).endpoints[0]?.gpu).toBe(gpu);
  });

  test('names every key there is', () => {
    const named = (path: readonly string[]): string[] =>
      knownKeys(path).flatMap((key) => [key, ...named([...path, key])]);
    const all = [...named([]), ...knownKeys(['endpoints', 'x']), ...knownKeys(['clients', 'x'])];
    const missing = [...new Set(all)].filter((key) => !new RegExp(`\\b${key}:`).test(example));
    expect(missing.filter((key) => !['env', 'file'].includes(key))).toEqual([]);
  });
});

describe('the JSON Schema', () => {
  const schema = JSON.parse(readFileSync('schema/tripmeter.schema.json', 'utf8'));

  test('in the repository is current (npm run schema writes it)', () => {
    expect(schema).toEqual(JSON.parse(JSON.stringify(configJsonSchema())));
  });

  test('accepts the example and refuses an unknown key', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const accepts = ajv.compile(schema);
    expect(accepts(parse(example)), JSON.stringify(accepts.errors)).toBe(true);
    expect(accepts({ ...parse(ENDPOINT), alertz: {} })).toBe(false);
  });
});
