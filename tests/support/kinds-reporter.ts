/**
 * Prints at the end of a run what each kind of tests took: files, tests, and seconds of a worker (loading
 * included). Workers run side by side, so that the sum is more than the run's time.
 */
import type { Reporter, TestModule } from 'vitest/node';
import { systemClock } from '../../shared/clock.ts';
import { KINDS, kindOf } from './kinds.ts';

export class KindsReporter implements Reporter {
  #startMs = 0;

  onTestRunStart(): void {
    this.#startMs = systemClock.nowMs();
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = KINDS.map(({ name }) =>
      lineOf(
        name,
        modules.filter((one) => kindOf(one.moduleId) === name),
      ),
    );
    lines.push(lineOf('together', modules));
    const runSeconds = ((systemClock.nowMs() - this.#startMs) / 1000).toFixed(1);
    process.stdout.write(`\n${lines.join('\n')}; the run took ${runSeconds} s\n`);
  }
}

function lineOf(name: string, modules: readonly TestModule[]): string {
  let tests = 0;
  let ms = 0;
  for (const one of modules) {
    const { setupDuration, collectDuration, duration } = one.diagnostic();
    ms += setupDuration + collectDuration + duration;
    tests += [...one.children.allTests()].length;
  }
  const counts = `${modules.length} files`.padStart(10) + `${tests} tests`.padStart(12);
  return `${name.padEnd(12)}${counts}${(ms / 1000).toFixed(1).padStart(9)} s`;
}
