/**
 * `truyvet-node enrol, identity, distrust-hub`: what a provincial operator does about their node's identity,
 * on the machine where it lies.
 */
import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
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
export function addIdentityCommands(program: Command, clock: Clock): void {
  program
    .command('enrol')
    .description('tham gia liên kết theo lời mời · join the federation; may be interrupted and repeated')
    // Not as an argument: those can be read by everybody on the machine.
    .requiredOption('--invitation-file <file>', 'tệp lời mời, - là đầu vào · file that holds it, - for stdin')
    .requiredOption('--address <host:port>', 'gRPC của nút này · of this node, as the hub reaches it')
    .requiredOption('--dir <dir>', 'thư mục danh tính · identity directory (IDENTITY_DIR)')
    .action(async ({ invitationFile, ...options }: EnrolOptions) => {
      const stop = new AbortController();
      process.once('SIGINT', () => stop.abort());
      process.once('SIGTERM', () => stop.abort());
      const province = await enrolNode(clock, {
        invitation: await readFile(invitationFile === '-' ? '/dev/stdin' : invitationFile, 'utf8'),
        ...{ address: options.address, directory: options.dir, signal: stop.signal },
        say: (line) => process.stdout.write(`${line}\n`),
      });
      process.stdout.write(`tỉnh · province ${province}: đã tham gia · enrolled, ${options.dir}\n`);
    });
  program
    .command('identity')
    .description('danh tính của nút: vân tay, chứng chỉ · fingerprint and certificate of this node')
    .requiredOption('--dir <dir>', 'thư mục danh tính · identity directory')
    .action(async ({ dir }: { dir: string }) => {
      const { province, statement, tls } = await loadIdentity(dir, clock.nowMs());
      const certificate = readCertificate(tls.cert);
      process.stdout.write(
        `${province}\nvân tay · fingerprint: ${fingerprintOf(statement)}\n` +
          `chứng chỉ · certificate: ${serialOf(certificate)}, đến · until ${certificate.validTo}\n`,
      );
    });
  program
    .command('distrust-hub <serial>')
    .description('từ chối một chứng chỉ của trung tâm · refuse a certificate of the hub that was stolen')
    .requiredOption('--dir <dir>', 'thư mục danh tính · identity directory')
    .action(async (serial: string, { dir }: { dir: string }) => {
      await distrustSerial(dir, serial);
      process.stdout.write('một nút đang chạy sẽ thấy trong vài giây · a running node notices in seconds\n');
    });
}
