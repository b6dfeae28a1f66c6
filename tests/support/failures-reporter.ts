/**
 * Says at the end what failed, in few lines, for logs of which the end alone is read: tests, those that
 * passed when tried again, and what fails a run though no test did: hooks after the last test (leak-check.ts
 * among them), which are not tried again, files that could not be loaded, errors that nobody awaited.
 */
import { appendFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule, TestRunEndReason } from 'vitest/node';

export class FailuresReporter implements Reporter {
  readonly #file: string | undefined;

  /** `file` gets the same lines, for whoever prints them later. */
  constructor(file?: string) {
    this.#file = file;
  }

  onTestRunEnd(
    modules: readonly TestModule[],
    unhandled: readonly SerializedError[],
    reason: TestRunEndReason,
  ): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const flaky = tests.filter((test) => test.diagnostic()?.flaky).flatMap(describeErrors);
    const failed = [
      ...tests.flatMap(errorsOfTest),
      ...modules.flatMap(errorsOfHooks),
      ...unhandled.map((error) => describe('outside of all tests', error)),
    ];
    if (reason !== 'passed' && failed.length === 0) failed.push(`the run: ${reason}, and nothing says why`);
    this.#print('passed when tried again', flaky);
    this.#print('failed', failed);
  }

  #print(heading: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    const text = `${heading}:\n${lines.join('\n')}\n`;
    process.stdout.write(`\n${text}`);
    if (this.#file !== undefined) appendFileSync(this.#file, text);
  }
}

function nameOf(test: TestCase): string {
  return `${test.module.moduleId} > ${test.fullName}`;
}

function errorsOfTest(test: TestCase): string[] {
  return test.result().state === 'failed' ? describeErrors(test) : [];
}

/** What was wrong with it: those that passed in the end keep what was before. */
function describeErrors(test: TestCase): string[] {
  return (test.result().errors ?? []).map((error) => describe(nameOf(test), error));
}

function errorsOfHooks(module: TestModule): string[] {
  const suites = [...module.children.allSuites()].map(
    (suite) => [`${module.moduleId} > ${suite.fullName}`, suite] as const,
  );
  return [[module.moduleId, module] as const, ...suites].flatMap(([where, one]) =>
    one.errors().map((error) => describe(where, error)),
  );
}

/** The place, the message, and the first lines of where it came from. */
function describe(where: string, { message, stack = '' }: SerializedError): string {
  const calls = stack.split('\n').filter((line) => line.trim().startsWith('at '));
  return [`${where}: ${message}`, ...calls.slice(0, 5)].join('\n');
}
