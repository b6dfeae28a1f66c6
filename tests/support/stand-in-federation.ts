/**
 * `npm run federation` with stand-in programs: for testing the launcher alone. Runs from `dist`.
 */
import { join } from 'node:path';
import { startFederation } from '../../deploy/federation/federation.ts';
import { runFederation } from '../../deploy/federation/federation-command.ts';

/** Of databases, where their making is not the point. */
const templates = process.env.STAND_IN_TEMPLATES;

const script = join(import.meta.dirname, 'stand-in-program.js');
process.exitCode = await runFederation(process.argv.slice(2), process.env, (options) =>
  startFederation({
    ...options,
    programs: { hub: script, node: script },
    postgres: { durable: false },
    templates: templates && JSON.parse(templates),
    env: { ...options.env, ...JSON.parse(process.env.STAND_IN_ENV ?? '{}') },
  }),
);
