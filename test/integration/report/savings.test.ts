import { expect, onTestFinished, test } from 'vitest';
import { SAMPLE_WORKLOADS } from '../../support/report/sample-history.ts';
import { instant, SAMPLE_NOW, sampleReportBench } from '../../support/report/sample-report.ts';

interface View {
  readonly actions: readonly { readonly kind: string; readonly text: string }[];
  readonly sections: readonly {
    readonly id: string;
    readonly sentences: readonly string[];
    readonly tables: readonly {
      readonly rows: readonly (readonly { readonly text: string; readonly value?: unknown }[])[];
    }[];
  }[];
}

/** The sample's endpoints; one is pinned to a region, which costs more and warms nothing. */
const endpoints = Object.fromEntries(
  SAMPLE_WORKLOADS.map(({ endpoint }) => {
    const { name, upstream, gpu, maxInputs, scaledownWindowUs } = endpoint;
    const pin = name === 'embed' ? { region: 'us-east' } : {};
    const scaledownWindow = `${scaledownWindowUs / 1e6}s`;
    return [name, { upstream, gpu, maxInputs, scaledownWindow, ...pin }];
  }),
);

test('a saving that makes nobody wait comes before a larger one that does, and the price is told', async () => {
  const span = {
    from: instant('2026-11-09T00:00:00Z'),
    to: instant('2026-11-23T00:00:00Z'),
    pace: 0.5,
  };
  const bench = await sampleReportBench({ endpoints }, span);
  onTestFinished(() => bench.close());
  const { out } = await bench.run(['report', '--week', '2026-W47', '--json'], SAMPLE_NOW);
  const view = JSON.parse(out) as View;
  const savings = view.sections.find(({ id }) => id === 'savings');
  const [first, second] = savings?.tables[0]?.rows ?? [];
  expect(first?.[1]?.text).toBe('region pin us-east → any');
  expect(second?.[1]?.text).toMatch(/^scaledown window/);
  expect(Number(second?.[2]?.value)).toBeGreaterThan(Number(first?.[2]?.value));
  expect(view.actions.find(({ kind }) => kind === 'change')?.text).toMatch(
    /^embed: region pin us-east → any saves \$[\d.]+ a month, with as many cold starts\.$/,
  );
  expect(savings?.sentences.join(' ')).toMatch(
    /The price of generate, scaledown window 600 s → \d+ s: \d+ more cold starts in the replay \(\d+ → \d+\), each makes a request wait about/,
  );
});
