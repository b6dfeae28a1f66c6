/**
 * `truyvet-node enrol, identity, distrust-hub`: what a provincial operator does about their node's identity,
 * on the machine where it lies.
 */

import { readFile } from 'node:fs/promises';
import { text as textOf } from 'node:stream/consumers';
import type { Command } from 'commander';
import { say } from '../../../shared/cli/say.ts';
import type { Shell } from '../../../shared/cli/shell.ts';
import type { Clock } from '../../../shared/clock.ts';
import { readCertificate, serialOf } from '../../../shared/pki/certificate.ts';
import { loadIdentity } from '../../../shared/pki/identity.ts';
import { fingerprintOf } from '../../../shared/signed/province-statement.ts';
import { distrustSerial } from './distrust.ts';
import { enrolNode } from './operations.ts';

interface EnrolOptions {
  readonly invitationFile: string;
  readonly address: string;
  readonly dir: string;
}

/** Adds the commands to `program`. */
export function addIdentityCommands(program: Command, shell: Shell, clock: Clock): void {
  program
    .command('enrol')
    .description(say('enrol'))
    // Not as an argument: those can be read by everybody on the machine.
    .requiredOption('--invitation-file <file>', say('enrol.invitation_file'))
    .requiredOption('--address <host:port>', say('enrol.address'))
    .requiredOption('--dir <dir>', say('option.identity_dir'))
    .action(async ({ invitationFile, ...options }: EnrolOptions) => {
      const province = await enrolNode(clock, {
        invitation:
          invitationFile === '-' ? await textOf(shell.stdin()) : await readFile(invitationFile, 'utf8'),
        ...{ address: options.address, directory: options.dir, signal: shell.interrupted() },
        say: (word, ...params) => void shell.stdout.write(`${say(word, ...params)}\n`),
      });
      shell.stdout.write(`${say('enrol.done', { province, directory: options.dir })}\n`);
    });
  program
    .command('identity')
    .description(say('identity'))
    .requiredOption('--dir <dir>', say('option.identity_dir'))
    .action(async ({ dir }: { dir: string }) => {
      const { province, statement, tls } = await loadIdentity(dir, clock.nowMs());
      const certificate = readCertificate(tls.cert);
      shell.stdout.write(
        `${province}\n${say('identity.fingerprint', { fingerprint: fingerprintOf(statement) })}\n` +
          `${say('identity.certificate', { serial: serialOf(certificate), until: certificate.validTo })}\n`,
      );
    });
  program
    .command('distrust-hub <serial>')
    .description(say('distrust'))
    .requiredOption('--dir <dir>', say('option.identity_dir'))
    .action(async (serial: string, { dir }: { dir: string }) => {
      await distrustSerial(dir, serial);
      shell.stdout.write(`${say('distrust.done')}\n`);
    });
}
