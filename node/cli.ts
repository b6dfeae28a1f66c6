#!/usr/bin/env node
/** `truyvet-node`: what an operator or epidemiologist does by hand. */
import { shellOfProcess } from '../shared/cli/shell.ts';
import { runNodeCommand } from './command-line.ts';

process.exitCode = await runNodeCommand(shellOfProcess(process.argv.slice(2), process.env));
