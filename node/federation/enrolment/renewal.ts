/**
 * Renews this node's certificate while it runs: asks when a third of its life is left, and goes on asking
 * until there is one. Key, name and identity stay; listeners and channels take the new certificate by
 * themselves (LiveTls).
 */
import { createPrivateKey } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import { toAppError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
import { type Loop, type LoopWatch, type Pause, startLoop } from '../../../shared/loop.ts';
import { readCertificate, validityOf } from '../../../shared/pki/certificate.ts';
import { createCsr } from '../../../shared/pki/csr.ts';
import { checkOwnCertificate, type Identity, writeIdentityFile } from '../../../shared/pki/identity.ts';
import type { LiveTls } from '../../../shared/pki/live-tls.ts';
import type { AskRenewal } from './hub.ts';
import { renewalWait } from './rules.ts';

export interface RenewalOptions {
  readonly identity: Identity;
  readonly tls: LiveTls;
  readonly ask: AskRenewal;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly watch?: LoopWatch | undefined;
}

export class Renewal implements AsyncDisposable {
  readonly #options: RenewalOptions;
  readonly #loop: Loop;

  constructor(options: RenewalOptions) {
    this.#options = options;
    const { clock, logger, watch } = options;
    const pass = (signal: AbortSignal) => this.#pass(signal);
    this.#loop = startLoop({ name: 'certificate-renewal', clock, logger, watch, everyMs: 0, pass });
  }

  /** Looks whether it is time, and asks if it is; until then there is nothing to do. */
  async #pass(signal: AbortSignal): Promise<Pause> {
    const { clock, tls } = this.#options;
    const wait = (asked: boolean) => {
      const validity = validityOf(readCertificate(tls.current.cert));
      return renewalWait(validity, { nowMs: clock.nowMs(), asked });
    };
    const asked = wait(false) === 0 && !(await this.#renew(signal));
    return { nextInMs: wait(asked) };
  }

  /** Whether a new certificate is in use. Never rejects. */
  async #renew(signal: AbortSignal): Promise<boolean> {
    const { identity, tls, ask, logger, clock } = this.#options;
    try {
      const peer = { kind: 'node', province: identity.province } as const;
      const csr = await createCsr(createPrivateKey(tls.current.key), peer);
      const certificate = await ask(csr, signal);
      if (certificate === undefined || certificate.trim() === tls.current.cert.trim()) return false;
      checkOwnCertificate({ ...tls.current, cert: certificate }, identity.statement, clock.nowMs());
      await writeIdentityFile(identity.directory, 'tlsCertificate', certificate);
      await tls.reload();
      return true;
    } catch (error) {
      if (!signal.aborted) logger.warn({ err: toAppError(error) }, 'certificate not renewed yet');
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
  }
}
