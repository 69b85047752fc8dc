import { defineConfig } from 'vitest/config';
import { TallyReporter } from './test/support/vitest/tally-reporter.ts';

const project = (name: string, options: object = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], ...options },
});

export default defineConfig({
  test: {
    globalSetup: ['./test/support/vitest/temp-folder.ts'],
    reporters: ['default', new TallyReporter()],
    coverage: {
      provider: 'v8',
      include: [
        'src/core/**',
        'alerts/{budgets,triggers,emergencies,decision}/**',
        'alerts/lifecycle*.ts',
      ],
    },
    projects: [
      project('unit', { testTimeout: 20_000 }),
      project('contract', { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('integration', { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('acceptance', { testTimeout: 120_000, hookTimeout: 60_000 }),
      project('architecture', { testTimeout: 60_000 }),
    ],
  },
});
