import type { Reporter, TestModule, TestRunEndReason } from 'vitest/node';

/**
 * Ends a run with one plain line, `N passed, N failed` (and `, N skipped`), for scripts that read only
 * the end. A file that could not be collected counts as a failure.
 */
export class TallyReporter implements Reporter {
  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly unknown[],
    reason: TestRunEndReason,
  ): void {
    const tally = { passed: 0, failed: unhandled.length, skipped: 0 };
    for (const module of modules) {
      if (module.errors().length > 0) tally.failed += 1;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        if (state !== 'pending') tally[state] += 1;
      }
    }
    if (reason === 'interrupted') tally.failed += 1;
    const skipped = tally.skipped > 0 ? `, ${tally.skipped} skipped` : '';
    // Vitest prints its own summary in the same phase; the tally has to come after it.
    process.on('exit', () => {
      process.stdout.write(`${tally.passed} passed, ${tally.failed} failed${skipped}\n`);
    });
  }
}
