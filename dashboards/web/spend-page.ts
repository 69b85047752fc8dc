import { type Html, html } from '../../src/core/html.ts';
import { webPage, webTable } from './page.ts';

/** A month's spend as `/api/v1/spend` gives it. Amounts are decimal strings of dollars. */
export interface SpendPageFacts {
  readonly month: string;
  readonly timezone: string;
  readonly usd: string;
  readonly provisionalUsd: string;
  readonly modelledUsd: string;
  readonly billedUsd: string | null;
  readonly lowUsd: string;
  readonly highUsd: string;
  readonly unpriced: number;
  readonly lines: Readonly<Record<string, string>>;
  readonly endpoints: readonly {
    readonly endpoint: string | null;
    readonly usd: string;
    readonly lines: Readonly<Record<string, string>>;
  }[];
  readonly by?: string;
  readonly breakdown?: readonly {
    readonly name: string | null;
    readonly requests: number;
    readonly usd: string;
    readonly perRequestUsd: string | null;
    readonly perSuccessUsd: string | null;
  }[];
}

const DIMENSIONS = ['endpoint', 'operation', 'client', 'group'] as const;

/** Where a month's dollars went, in the lines that add up to the bill. */
export function spendPage(facts: SpendPageFacts): string {
  return webPage({
    title: `Spend of ${facts.month}`,
    path: '/spend',
    body: [total(facts), ...endpoints(facts), ...breakdown(facts)],
  });
}

function total(facts: SpendPageFacts): Html {
  const billed =
    facts.billedUsd === null
      ? 'No bill has been read for it.'
      : `Modal billed ${dollars(facts.billedUsd)} of it; the model says ${dollars(facts.modelledUsd)}.`;
  const unpriced = facts.unpriced === 0 ? '' : ` ${facts.unpriced} requests have no price.`;
  const [low, high] = [dollars(facts.lowUsd), dollars(facts.highUsd)];
  const bounds = low === high ? '' : ` What is settled lies between ${low} and ${high}.`;
  return html`<p><strong>${dollars(facts.usd)}</strong>, of which ${dollars(facts.provisionalUsd)} is not settled yet.${bounds} ${billed}${unpriced}
Days are those of ${facts.timezone}.</p>`;
}

function endpoints({ endpoints: list, lines }: SpendPageFacts): Html[] {
  const names = Object.keys(lines).filter((name) => Number(lines[name]) !== 0);
  const shown = (each: Readonly<Record<string, string>>) =>
    names.map((name) => dollars(each[name]));
  return [
    html`<h2>By endpoint</h2>`,
    webTable(
      ['Endpoint', 'All', ...names.map((name) => name.replace(/Usd$/, ''))],
      list.map((each) => [
        each.endpoint ?? 'outside the proxy',
        dollars(each.usd),
        ...shown(each.lines),
      ]),
    ),
  ];
}

function breakdown({ by, breakdown: rows = [], month }: SpendPageFacts): Html[] {
  const links = DIMENSIONS.map((each) =>
    each === by
      ? html`<strong>${each}</strong> `
      : html`<a href="/spend?month=${month}&amp;by=${each}">${each}</a> `,
  );
  return [
    html`<h2 id="requests">What requests cost</h2><p>by ${links}</p>`,
    webTable(
      [by ?? '', 'Requests', 'All', 'Each', 'Each that succeeded'],
      rows.map((row) => [
        row.name ?? 'not named',
        String(row.requests),
        dollars(row.usd),
        small(row.perRequestUsd),
        small(row.perSuccessUsd),
      ]),
    ),
    html`<p class="muted">Cold starts and idle time are in it; standing containers are the endpoint's own line.</p>`,
  ];
}

function dollars(usd: string | undefined): string {
  return `$${Number(usd ?? 0).toFixed(2)}`;
}

function small(usd: string | null): string {
  return usd === null ? '' : `$${Number(usd).toFixed(6)}`;
}
