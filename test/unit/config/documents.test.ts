import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { configJsonSchema, knownKeys } from '../../../src/config/known-keys.ts';
import { configOf, ENDPOINT, problemsOf } from './load.ts';

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

/** Names that files in use have: none of them may change. */
const RELIED_ON = `
listen: 127.0.0.1:8787
admin: { listen: 127.0.0.1:8788 }
dataDir: ./tripmeter-data
timezone: UTC
endpoints:
  generate:
    upstream: https://ws--generate.modal.run
    gpu: A100-80GB
    gpuCount: 1
    cpuCores: 4
    memoryGiB: 64
    region: any
    maxInputs: 20
    scaledownWindow: 300s
    minContainers: 0
    bodyRule: lift-sys
    latencyObjective: 1s
    modalApp: lift-sys-inference
  health: { upstream: https://ws--health.modal.run, gpu: none, bodyRule: { errorPath: e, tokensPath: t } }
clients: { app: { key: { env: APP_KEY }, monthlyUsd: 300, onBudget: refuse } }
journal: { durability: process, onFailure: forward }
retention: { requests: 90d }
alerts: { monthlyUsd: [500, 1000, 2000], costPerRequestUsd: 0.0065 }
triggers:
  { scale: { sustainDays: 14 }, egress: { sustainDays: 14 }, latency: { sustainDays: 7 }, compliance: [],
    cost: { sustainDays: 14 } }
decision: { multiCloud: {}, migrationHours: 400, hourlyUsd: 100, capacity: null }
channels:
  email:
    { smtp: "smtp://user@host:587", password: { env: SMTP_PASSWORD }, from: a@b.example, to: [a@b.example] }
  slack: { webhook: { env: SLACK_WEBHOOK } }
report: { schedule: "0 9 * * 1", to: [a@b.example] }
export:
  honeycomb: { key: { env: HONEYCOMB_API_KEY }, region: us, dataset: tripmeter }
  otlp: []
`;

describe('the names that files in use have', () => {
  test('are all taken', () => {
    expect(problemsOf(RELIED_ON)).toEqual([]);
    expect(configOf(RELIED_ON).endpoints).toMatchObject([
      { name: 'generate', maxInputs: 20, scaledownWindowUs: 300_000_000, bodyRule: 'lift-sys' },
      { name: 'health', gpu: 'none' },
    ]);
  });

  test('of README are taken as well', () => {
    const readme = readFileSync('README.md', 'utf8');
    const blocks = [...readme.matchAll(/```yaml\n(.*?)```/gs)].map(([, text = '']) => parse(text));
    expect(blocks.length).toBeGreaterThan(1);
    expect(problemsOf(stringify({ ...parse(ENDPOINT), ...Object.assign({}, ...blocks) }))).toEqual(
      [],
    );
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
