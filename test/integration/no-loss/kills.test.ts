import { expect, test } from 'vitest';
import { runChaos } from '../../support/chaos/chaos-run.ts';

const seed = Number(process.env.CHAOS_SEED ?? Date.now() % 1_000_000);

test(`six kills under load lose and double nothing (CHAOS_SEED=${seed})`, async () => {
  const report = await runChaos({ kills: 6, seed, workers: 8 });
  const { lost, doubled, wrong, findings } = report;
  expect({ seed, lost, doubled, wrong, findings }).toEqual({
    seed,
    lost: [],
    doubled: [],
    wrong: [],
    findings: [],
  });
  expect(report.completed).toBeGreaterThan(10);
}, 180_000);
