import { describe, expect, test } from 'vitest';
import { DEFAULT_ALERT_SETTINGS } from '../../../src/core/alert-settings.ts';
import { configOf, ENDPOINT, load, problemsOf } from './load.ts';

const LIFT_SYS = `
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
  health: { upstream: https://ws--health.modal.run, gpu: none }
clients: {}
journal: { durability: process, onFailure: forward }
retention: { requests: 90d }
alerts:
  monthlyUsd: [500, 1000, 2000]
  costPerRequestUsd: 0.0065
triggers: { scale: { requests: 100000, sustainDays: 14 }, egress: {}, latency: {}, compliance: [], cost: {} }
decision: { multiCloud: {}, migrationHours: 400, hourlyUsd: 100, capacity: null }
channels:
  email: { smtp: smtp://user@host:587, password: { env: SMTP_PASSWORD }, from: a@example.com, to: [b@example.com] }
  slack: { webhook: { env: SLACK_WEBHOOK } }
report: { schedule: "0 9 * * 1", to: [b@example.com] }
export:
  honeycomb: { key: { env: HONEYCOMB_API_KEY }, region: us, dataset: tripmeter }
  otlp: []
`;

describe('a valid configuration', () => {
  test('of lift-sys loads, with durations in microseconds and money in nano-dollars', () => {
    const config = configOf(LIFT_SYS);
    expect(config.endpoints[0]).toMatchObject({
      name: 'generate',
      upstream: 'https://ws--generate.modal.run',
      gpu: 'A100-80GB',
      maxInputs: 20,
      scaledownWindowUs: 300_000_000,
      latencyObjectiveUs: 1_000_000,
      bodyRule: 'lift-sys',
      modalApp: 'lift-sys-inference',
    });
    expect(config.endpoints[1]).toMatchObject({ name: 'health', gpu: 'none' });
    expect(config.alerts.budgets.monthlyNano).toEqual([500e9, 1_000e9, 2_000e9]);
    expect(config.alerts.budgets.costPerRequestNano).toBe(6_500_000);
    expect(config.retention.requests).toBe(90 * 86_400_000_000);
  });

  test("needs nothing but an endpoint, and then has the report's thresholds", () => {
    const config = configOf(ENDPOINT);
    expect(config.listen).toEqual({ host: '127.0.0.1', port: 8787 });
    expect(config.admin).toEqual({ host: '127.0.0.1', port: 8788 });
    expect(config.timezone).toBe('UTC');
    expect(config.alerts).toEqual(DEFAULT_ALERT_SETTINGS);
  });

  test('counts relative paths from its own folder, not from where the command runs', () => {
    expect(configOf(ENDPOINT).dataDir).toBe('/etc/tripmeter/tripmeter-data');
  });

  test('cannot be changed afterwards, down to its leaves', () => {
    const config = configOf(ENDPOINT);
    const [generate] = config.endpoints;
    expect(() => Object.assign(generate as object, { gpu: 'H100' })).toThrow(TypeError);
    expect(() => Object.assign(config.alerts.triggers.scale, { requests: 1 })).toThrow(TypeError);
  });

  test.each([
    ['500ms', 500_000],
    ['300s', 300_000_000],
    ['5m', 300_000_000],
    ['4h', 14_400_000_000],
    ['90d', 7_776_000_000_000],
    ['1.5h', 5_400_000_000],
  ])('reads the duration %s', (written, expected) => {
    const text = ENDPOINT.replace('gpu:', `scaledownWindow: ${written}, gpu:`);
    expect(configOf(text).endpoints[0]?.scaledownWindowUs).toBe(expected);
  });

  test('reads an IPv6 address', () => {
    expect(configOf(`listen: "[::1]:9000"\n${ENDPOINT}`).listen).toEqual({
      host: '::1',
      port: 9000,
    });
  });

  test('reads a date as the start of its UTC day, on every machine', () => {
    const zone = process.env.TZ;
    process.env.TZ = 'Pacific/Auckland';
    try {
      const text = `${ENDPOINT}decision: { capacity: { who: Ada, until: 2027-03-31 } }\n`;
      expect(configOf(text).alerts.decision.capacity?.until).toBe(Date.UTC(2027, 2, 31) * 1_000);
    } finally {
      process.env.TZ = zone ?? 'UTC';
    }
  });
});

describe('a wrong configuration', () => {
  test('is told everything at once, in the order of the file, each with line and column', () => {
    const text = [
      'listen: 8787', // 1
      'timezone: Mars/Olympus', // 2
      'endpoints:', // 3
      '  generate:', // 4
      '    upstream: ws--generate.modal.run', // 5
      '    gpu: none', // 6
      '    gpuCount: 2', // 7
      '    scaledown_window: 300s', // 8
      'alertz: {}', // 9
      'clients:', // 10
      '  a: { onBudget: refuse }', // 11
    ].join('\n');
    const problems = problemsOf(text);
    expect(problems.map((each) => each.split(':')[0])).toEqual([
      '1',
      '2',
      '5',
      '7',
      '8',
      '9',
      '11',
    ]);
    expect(problems[0]).toContain('listen: write HOST:PORT');
    expect(problems[1]).toContain('timezone: ');
    expect(problems[2]).toContain('endpoints.generate.upstream: ');
    expect(problems[3]).toContain('endpoints.generate.gpuCount: would be ignored');
    expect(problems[4]).toContain('8:5 endpoints.generate.scaledown_window: unknown key');
    expect(problems[4]).toContain('scaledownWindow');
    expect(problems[5]).toContain('9:1 alertz: unknown key; did you mean alerts?');
    expect(problems[6]).toContain('monthlyUsd');
  });

  test('says which key is missing, at the place that lacks it', () => {
    expect(problemsOf('endpoints:\n  generate:\n    gpu: L40S\n')).toEqual([
      '2:3 endpoints.generate.upstream: is required',
    ]);
  });

  test('is not told of a missing number that it is required when it has the wrong type', () => {
    const text = ENDPOINT.replace('gpu:', 'maxInputs: many, gpu:');
    expect(problemsOf(text)[0]).toMatch(/maxInputs: .*number/);
  });

  test.each([
    ['a syntax error', 'endpoints: {', /^1:\d+ : not valid YAML/],
    ['a key written twice', `${ENDPOINT}listen: :1\nlisten: :2\n`, /listen: stands twice/],
    ['an unknown tag', `${ENDPOINT}dataDir: !secret x\n`, /not valid YAML/],
    ['a list instead of keys', '- endpoints\n', /a map of keys/],
    ['an empty file', '', /endpoints: is required/],
    ['no endpoint', 'endpoints: {}\n', /at least one endpoint/],
  ])('with %s is refused with its place', (_name, text, expected) => {
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join('\n')).toMatch(expected);
  });

  test('with a key written twice is read on: it is named, and hides nothing else', () => {
    const text = `endpoints:
  a: { upstream: https://a.example, gpu: L40S, gpu: none }
lisen: :1
ledger: { postgres: { env: ABSENT } }
`;
    expect(problemsOf(text)).toEqual([
      '2:48 endpoints.a.gpu: stands twice in its map; keep one',
      '3:1 lisen: unknown key; did you mean listen?',
    ]);
  });

  test('names an absent secret of the ledger beside settings that do not go together', () => {
    const problems = problemsOf(
      `${ENDPOINT}admin: { listen: ":8787" }\nledger: { postgres: { env: ABSENT } }\n`,
    );
    expect(problems).toEqual([
      expect.stringContaining('ABSENT'),
      expect.stringContaining('cannot share port'),
    ]);
  });

  test('with a name that would vanish is refused, wherever it stands', () => {
    const endpoint = '{ upstream: https://a.example, gpu: none }';
    expect(
      problemsOf(
        `endpoints:\n  a: ${endpoint}\n  __proto__: ${endpoint}\nexport:\n  otlp:\n    - { name: x, url: https://x.example, headers: { __proto__: y } }\n`,
      ),
    ).toEqual([
      '3:3 endpoints.__proto__: cannot be a name or a key: choose another',
      expect.stringMatching(/^6:.* export\.otlp\.0\.headers\.__proto__: cannot be a name/),
    ]);
  });

  test('with an alias of the map that it is in does not throw', () => {
    expect(problemsOf(`${ENDPOINT}clients: &all { a: *all }\n`).length).toBeGreaterThan(0);
  });

  test('with aliases that multiply without bound is refused, and does not throw', () => {
    const rows = ['a: &a [x, x, x, x, x, x, x, x, x, x]'];
    for (let row = 1; row < 9; row += 1) {
      const before = String.fromCharCode(96 + row);
      const name = String.fromCharCode(97 + row);
      rows.push(`${name}: &${name} [${Array(10).fill(`*${before}`).join(', ')}]`);
    }
    expect(problemsOf(rows.join('\n')).join()).toContain('not valid YAML');
  });

  test.each([
    ['scaledownWindow: 300', 'write a duration with its unit'],
    ['scaledownWindow: 5 minutes', 'write a duration with its unit'],
    ['bodyRule: openia', 'openai'],
    ['pricing: gpuseconds', 'gpu-seconds'],
    ['gpuCount: 0', 'must be 1 or more'],
    ['upstream: ftp://x, ', 'https://'],
    ['region: 7', 'write a text'],
  ])('with `%s` in an endpoint says what to write', (setting, expected) => {
    const base = 'upstream: https://a.example';
    const fields = setting.startsWith('upstream')
      ? setting.replace(/, $/, '')
      : `${base}, ${setting}`;
    const [problem, ...others] = problemsOf(`endpoints: { a: { ${fields}, gpu: L40S } }`);
    expect(others).toEqual([]);
    expect(problem).toContain(expected);
  });

  test.each([
    ['a text that is no date', 'tomorrow'],
    [
      'a time without a zone, which would mean another instant on another machine',
      '2027-03-31T09:00',
    ],
    ['a day that does not exist', '2027-02-31'],
  ])('with %s as a date is refused', (_name, until) => {
    const text = `${ENDPOINT}decision: { capacity: { who: Ada, until: "${until}" } }\n`;
    expect(problemsOf(text)[0]).toContain('decision.capacity.until: write a date');
  });

  test('never gets as far as a result', () => {
    expect(load('alertz: {}')).not.toHaveProperty('config');
  });
});
