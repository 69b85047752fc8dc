import { describe, expect, test } from 'vitest';
import { ENDPOINT, problemsOf } from './load.ts';

const endpoint = (settings: string) =>
  `endpoints: { a: { upstream: https://a.example, ${settings} } }\n`;
const email = (settings: string) =>
  `${ENDPOINT}channels: { email: { from: a@example.com, to: [b@example.com], ${settings} } }\n`;

describe('settings that would be ignored, or could not work, are refused', () => {
  test.each([
    ['a GPU count without a GPU', endpoint('gpu: none, gpuCount: 2'), 'endpoints.a.gpuCount'],
    ['two GPU counts', endpoint('gpu: "H100:8", gpuCount: 4'), 'endpoints.a.gpuCount'],
    [
      'a non-preemptible GPU, which Modal does not offer',
      endpoint('gpu: L40S, nonPreemptible: true'),
      'endpoints.a.nonPreemptible',
    ],
    [
      'container time where tokens are priced',
      endpoint('gpu: none, pricing: tokens, scaledownWindow: 60s'),
      'endpoints.a.scaledownWindow',
    ],
    [
      'a budget action without a budget',
      `${ENDPOINT}clients: { a: { onBudget: refuse } }\n`,
      'clients.a.onBudget',
    ],
    ['one port for two servers', `${ENDPOINT}admin: { listen: ":8787" }\n`, 'admin.listen'],
    [
      'a requirement for an endpoint that is not there',
      `${ENDPOINT}triggers: { compliance: [{ name: x, regions: [eu], effective: 2027-01-01, reference: y, endpoints: [generat] }] }\n`,
      'triggers.compliance',
    ],
    [
      'an objective for an endpoint that is not there',
      `${ENDPOINT}triggers: { latency: { operations: [{ endpoint: chat, operation: x, objective: 1s }] } }\n`,
      'triggers.latency.operations',
    ],
    [
      'a report to somebody without a way to send it',
      `${ENDPOINT}report: { to: [a@example.com] }\n`,
      'report.to',
    ],
    [
      'a mail password without a user',
      email('smtp: "smtp://host:25", password: { env: P }'),
      'channels.email.password',
    ],
    ['a mail user without a password', email('smtp: "smtp://u@host:25"'), 'channels.email.smtp'],
    [
      'a region beside an address',
      `${ENDPOINT}export: { honeycomb: { key: { env: K }, region: eu, url: https://refinery.example } }\n`,
      'export.honeycomb',
    ],
    [
      'two export targets of one name, which would share a cursor',
      `${ENDPOINT}export: { otlp: [{ name: a, url: http://x.example }, { name: a, url: http://y.example }] }\n`,
      'export.otlp.1.name',
    ],
    [
      'a threshold named twice',
      `${ENDPOINT}alerts: { monthlyUsd: [500, 500] }\n`,
      'alerts.monthlyUsd',
    ],
    [
      'a schedule that names no time',
      `${ENDPOINT}report: { schedule: "0 25 * * 1" }\n`,
      'report.schedule',
    ],
    [
      'egress tiers of which the last one ends',
      `${ENDPOINT}triggers: { egress: { tiers: [{ upTo: 1TiB, usdPerGb: 0.09 }] } }\n`,
      'triggers.egress.tiers',
    ],
    [
      'usage points that do not rise',
      `${ENDPOINT}decision: { multiCloud: { usage: [{ requests: 10, usd: 5 }, { requests: 10, usd: 6 }] } }\n`,
      'decision.multiCloud.usage',
    ],
    [
      'a GPU price without a GPU',
      `${ENDPOINT}prices: [{ resource: gpu, usdPerHour: 3, effective: 2026-01-01 }]\n`,
      'prices.0',
    ],
    [
      'a core price with a GPU',
      `${ENDPOINT}prices: [{ resource: cpu, gpu: H100, usdPerHour: 3, effective: 2026-01-01 }]\n`,
      'prices.0',
    ],
  ])('%s', (_name, text, path) => {
    const [problem, ...others] = problemsOf(text);
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^\\d+:\\d+ ${path.replaceAll('.', '\\.')}`));
  });
});
