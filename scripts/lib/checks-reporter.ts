import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

/** What one vitest run came to; the reporter leaves it in the file that HOLDFAST_COUNTS names. */
export interface RunCounts {
  passed: number;
  failed: number;
  skipped: { name: string; reason: string }[];
}

/** Counts for the last line of `scripts/test`. Vitest's own JSON leaves out why a test was skipped. */
export default class ChecksReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    // An error outside of any test (a file that cannot be loaded, a rejection nobody awaited) is a failed check as well.
    const counts: RunCounts = { passed: 0, failed: unhandledErrors.length, skipped: [] };
    for (const testModule of modules) {
      for (const test of testModule.children.allTests()) countTest(counts, test);
      for (const suite of testModule.children.allSuites()) counts.failed += suite.errors().length;
      counts.failed += testModule.errors().length;
    }
    const path = process.env.HOLDFAST_COUNTS;
    if (path !== undefined) writeFileSync(path, JSON.stringify(counts));
  }
}

function countTest(counts: RunCounts, test: TestCase): void {
  const result = test.result();
  if (result.state === 'passed') counts.passed++;
  else if (result.state === 'skipped') {
    counts.skipped.push({ name: test.fullName, reason: result.note ?? 'no reason given' });
  } else counts.failed++; // failed, or still pending when the run ended
}
