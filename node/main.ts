/**
 * A provincial node as a process: configuration from the environment, runs until SIGTERM, Ctrl-C, or until
 * its launcher is gone.
 */
import { systemClock } from '../shared/clock.ts';
import { holdLifeline } from '../shared/lifeline.ts';
import { runProgram } from '../shared/run-program.ts';
import { startNode } from './app.ts';
import { parseNodeConfig } from './config.ts';

process.exitCode = await runProgram({
  name: 'node',
  start: () => startNode(parseNodeConfig(process.env), systemClock),
  holdLifeline: (stop) => holdLifeline(process.env, stop),
});
