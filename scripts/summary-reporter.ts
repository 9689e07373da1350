import { relative } from 'node:path';
import type { Reporter, TestCase, TestModule } from 'vitest/node';

/**
 * Ends a run with what a script reads: every skipped test by name with its reason, every failure,
 * and as the very last line `N passed, N failed, N skipped` over all packages.
 */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly { message: string }[]): void {
    const cases = modules.flatMap((module) => [...module.children.allTests()]);
    const inState = (state: string): TestCase[] => cases.filter((test) => test.result().state === state);
    const skipped = [...inState('skipped'), ...inState('pending')];
    const failed = inState('failed');
    // What never ran because its file or a beforeAll of its suite failed is no skipped test.
    const broken = modules
      .flatMap((module) => [module, ...module.children.allSuites()])
      .filter((part) => part.errors().length > 0);

    for (const test of skipped) process.stdout.write(`skipped: ${place(test)}${reason(test)}\n`);
    for (const test of failed) process.stdout.write(`failed: ${place(test)}\n`);

    const lost = broken.length + errors.length;
    process.exitCode ||= lost > 0 ? 1 : 0;
    const counts = [inState('passed').length, failed.length + lost, skipped.length] as const;
    // After every other reporter has had its say.
    process.once('exit', () =>
      process.stdout.write(`${counts[0]} passed, ${counts[1]} failed, ${counts[2]} skipped\n`),
    );
  }
}

function place(test: TestCase): string {
  return `${relative('.', test.module.moduleId)} > ${test.fullName}`;
}

function reason(test: TestCase): string {
  const result = test.result();
  return result.state === 'skipped' && result.note ? ` (${result.note})` : '';
}
