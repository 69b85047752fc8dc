import type { CrossProblem } from './cross-problem.ts';
import { listOf, mapOf, type Written } from './written.ts';

const HOW = 'name it as { env: NAME } or { file: PATH }';

/** Mail, report and export: what is missing for them to work, and secrets where none belong. */
export function connectionChecks(file: Written): CrossProblem[] {
  const { email } = mapOf(file.channels);
  return [
    ...(email === undefined ? reportChecks(mapOf(file.report)) : mailChecks(mapOf(email))),
    ...exportChecks(mapOf(file.export)),
    ...Object.entries(mapOf(file.endpoints)).flatMap(([name, endpoint]) =>
      credentialsIn(['endpoints', name, 'upstream'], mapOf(endpoint).upstream, 'use modalAuth'),
    ),
  ];
}

function reportChecks(report: Written): CrossProblem[] {
  if (!('to' in report)) return [];
  const message = 'would be ignored: there is no channels.email to send the report by';
  return [{ path: ['report', 'to'], message }];
}

function mailChecks({ smtp, password }: Written): CrossProblem[] {
  const path = ['channels', 'email', 'smtp'];
  const url = typeof smtp === 'string' ? URL.parse(smtp) : null;
  if (url === null) return [];
  if (url.password !== '') {
    const message = `a secret is never written here: take the password out of the address and write password: { env: SMTP_PASSWORD }`;
    return [{ path, message }];
  }
  if (password === undefined && url.username !== '') {
    return [
      { path, message: 'names a user without password: add password: { env: SMTP_PASSWORD }' },
    ];
  }
  if (password !== undefined && url.username === '') {
    const message = 'would be ignored: smtp names no user; write smtp://user@host:587';
    return [{ path: ['channels', 'email', 'password'], message }];
  }
  return [];
}

function exportChecks(file: Written): CrossProblem[] {
  const honeycomb = mapOf(file.honeycomb);
  const targets = listOf(file.otlp).map(mapOf);
  const problems = targets.flatMap((target, index) => [
    ...headerChecks(['export', 'otlp', index, 'headers'], mapOf(target.headers)),
    ...credentialsIn(['export', 'otlp', index, 'url'], target.url, `use headers, and ${HOW}`),
  ]);
  if ('region' in honeycomb && 'url' in honeycomb) {
    const message = 'would be ignored: url already says where';
    problems.push({ path: ['export', 'honeycomb', 'region'], message });
  }
  const { ownTraces } = file;
  const sinks = [...('honeycomb' in file ? ['honeycomb'] : []), ...targets.map(({ name }) => name)];
  if (typeof ownTraces === 'string' && !sinks.includes(ownTraces)) {
    const message = `there is no target ${ownTraces}; targets: ${sinks.join(', ') || 'none'}`;
    problems.push({ path: ['export', 'ownTraces'], message });
  }
  const names = ['honeycomb', ...targets.map(({ name }) => name)];
  for (const [index, name] of names.entries()) {
    if (name === undefined || names.indexOf(name) === index) continue;
    const message = `the name ${name} is taken: each target has a cursor of its own by its name`;
    problems.push({ path: ['export', 'otlp', index - 1, 'name'], message });
  }
  return problems;
}

const CARRIES_SECRET = /authorization|cookie|token|secret|password|api-?key|^x-honeycomb-team$/i;

function headerChecks(path: CrossProblem['path'], headers: Written): CrossProblem[] {
  return Object.entries(headers)
    .filter(([name, value]) => typeof value === 'string' && CARRIES_SECRET.test(name))
    .map(([name]) => ({
      path: [...path, name],
      message: `a secret is never written here: ${HOW}`,
    }));
}

function credentialsIn(
  path: CrossProblem['path'],
  address: unknown,
  remedy: string,
): CrossProblem[] {
  const url = typeof address === 'string' ? URL.parse(address) : null;
  if (url === null || (url.username === '' && url.password === '')) return [];
  return [{ path, message: `credentials do not belong into an address: ${remedy}` }];
}
