import { type Html, html } from '../../src/core/html.ts';
import type { Status, VerdictView } from '../../src/status/status.ts';
import { webPage, webTable } from './page.ts';

/** Everything at a glance: the decision, the month, what is over its threshold, and whether the recorder works. */
export function overviewPage(status: Status): string {
  return webPage({
    title: 'Overview',
    path: '/',
    body: [
      decision(status),
      section('health', 'Recorder', health(status)),
      section('spend', `Spend of ${status.spend.month}`, spend(status)),
      section('alerts', 'Cost alerts', verdicts(status.alerts)),
      section('triggers', 'Migration triggers', verdicts(status.triggers)),
      section('emergencies', 'Emergencies', verdicts(status.emergencies)),
      html`<p class="muted">As of ${status.generatedAt}. The same as JSON: <a href="/api/v1/status">/api/v1/status</a>, with
<a href="/api/v1/openapi.json">its description</a>; for Prometheus: <a href="/metrics">/metrics</a>.</p>`,
    ],
  });
}

const DECISIONS: Readonly<Record<Status['decision']['recommendation'], readonly [string, string]>> =
  {
    stay: ['Stay on Modal', 'good'],
    add_edge: ['Stay on Modal, and put an edge in front of it', 'near'],
    migrate: ['Move', 'near'],
    reassess_now: ['Reassess now', 'bad'],
  };

function decision({ decision: { recommendation, reasons, maturityLevel } }: Status): Html {
  const [words, tone] = DECISIONS[recommendation];
  return html`<div class="verdict ${tone}"><strong>${words}</strong> <span>(maturity level ${maturityLevel})</span>
${reasons.map((reason) => html`<p>${reason}</p>`)}</div>`;
}

function section(id: string, title: string, body: Html | readonly Html[]): Html {
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${body}</section>`;
}

function health({ health: found, journal, export: sinks }: Status): Html[] {
  const problems = found?.problems ?? [];
  const pending = journal.rowsPending ?? 0;
  return [
    problems.length === 0
      ? html`<p><span class="state good">works</span> ${pending} requests wait to be taken in.</p>`
      : html`<ul>${problems.map((problem) => html`<li><span class="state bad">${problem}</span></li>`)}</ul>`,
    ...(sinks.length === 0
      ? []
      : [
          webTable(
            ['Export', 'Behind', 'Refused', ''],
            sinks.map(({ sink, lagSeconds, rejected, stopped, lastError }) => [
              sink,
              lagSeconds === null ? 'unknown' : `${lagSeconds} s`,
              String(rejected ?? 'unknown'),
              stopped ?? lastError ?? '',
            ]),
          ),
        ]),
  ];
}

function spend({ spend: month }: Status): Html[] {
  const forecast =
    month.forecastUsd === null
      ? 'no forecast yet'
      : `forecast ${dollars(month.forecastUsd)} (${dollars(month.forecastLow)} to ${dollars(month.forecastHigh)})`;
  const unpriced =
    month.unpricedRequests === 0 ? '' : ` ${month.unpricedRequests} requests have no price.`;
  const lines = Object.entries(month.lines).filter(([, usd]) => Number(usd) !== 0);
  return [
    html`<p><strong>${dollars(month.usd)}</strong>, of which ${dollars(month.provisionalUsd)} is not settled yet; ${forecast}.${unpriced}</p>`,
    webTable(
      [],
      lines.map(([name, usd]) => [name.replace(/Usd$/, ''), dollars(usd)]),
    ),
    html`<p><a href="/spend">By endpoint, operation and client</a></p>`,
  ];
}

const TONES: Readonly<Record<VerdictView['state'], string>> = {
  met: 'bad',
  pending: 'near',
  approaching: 'near',
  unknown: 'near',
  insufficient_data: '',
  not_met: 'good',
  cleared: 'good',
};

/** States in which there is something to do. */
const TO_DO: ReadonlySet<VerdictView['state']> = new Set([
  'met',
  'pending',
  'approaching',
  'unknown',
]);

function verdicts(views: readonly VerdictView[]): Html {
  if (views.length === 0) return html`<p class="muted">None.</p>`;
  return webTable(
    ['Rule', 'State', 'Why'],
    views.map(({ id, subject, state, reason, nextStep }) => [
      subject === '' ? id : `${id} (${subject})`,
      html`<span class="state ${TONES[state]}">${state.replaceAll('_', ' ')}</span>`,
      TO_DO.has(state) ? html`${reason}<p>${nextStep}</p>` : reason,
    ]),
    'stacked',
  );
}

function dollars(usd: string | null): string {
  return usd === null ? 'unknown' : `$${Number(usd).toFixed(2)}`;
}
