/**
 * The national hub as a process: configuration from the environment, runs until SIGTERM, Ctrl-C, or until its
 * launcher is gone.
 */
import { systemClock } from '../shared/clock.ts';
import { holdLifeline } from '../shared/lifeline.ts';
import { runProgram } from '../shared/run-program.ts';
import { startHub } from './app.ts';
import { parseHubConfig } from './config.ts';

process.exitCode = await runProgram({
  name: 'hub',
  start: () => startHub(parseHubConfig(process.env), systemClock),
  holdLifeline: (stop) => holdLifeline(process.env, stop),
});
