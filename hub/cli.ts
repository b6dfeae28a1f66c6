#!/usr/bin/env node
/** `truyvet-hub`: what the hub's operator does by hand. */
import { shellOfProcess } from '../shared/cli/shell.ts';
import { runHubCommand } from './command-line.ts';

process.exitCode = await runHubCommand(shellOfProcess(process.argv.slice(2), process.env));
