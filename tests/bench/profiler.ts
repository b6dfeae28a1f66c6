/**
 * Profiles the process that imports it, if BENCH_PROFILE_DIR names a directory: from now to its end.
 */
import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

/** Starts; the profile is `<name>-<pid>.cpuprofile`. */
export function startProfiler(name: string): void {
  const directory = process.env.BENCH_PROFILE_DIR;
  if (directory === undefined) return;
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  // Within one process the inspector answers at once, so an exit handler is early enough.
  process.on('exit', () => {
    session.post('Profiler.stop', (_, result) => {
      writeFileSync(join(directory, `${name}-${process.pid}.cpuprofile`), JSON.stringify(result.profile));
    });
  });
}
