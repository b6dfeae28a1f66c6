/**
 * Renews this node's certificate while it runs: asks when a third of its life is left, and goes on asking
 * until there is one. Key, name and identity stay; listeners and channels take the new certificate by
 * themselves (LiveTls).
 */
import { createPrivateKey } from 'node:crypto';
import type { Clock } from '../../../shared/clock.ts';
import { toAppError } from '../../../shared/errors.ts';
import type { Logger } from '../../../shared/log.ts';
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
}

export class Renewal implements AsyncDisposable {
  readonly #options: RenewalOptions;
  readonly #stopped = new AbortController();
  readonly #running: Promise<void>;

  constructor(options: RenewalOptions) {
    this.#options = options;
    this.#running = this.#run();
  }

  async #run(): Promise<void> {
    const { clock, tls } = this.#options;
    let asked = false;
    while (!this.#stopped.signal.aborted) {
      const validity = validityOf(readCertificate(tls.current.cert));
      const waitMs = renewalWait(validity, { nowMs: clock.nowMs(), asked });
      await clock.sleep(waitMs, this.#stopped.signal);
      if (this.#stopped.signal.aborted) return;
      const due = renewalWait(validity, { nowMs: clock.nowMs(), asked: false }) === 0;
      asked = due && !(await this.#renew());
    }
  }

  /** Whether a new certificate is in use. Never rejects. */
  async #renew(): Promise<boolean> {
    const { identity, tls, ask, logger, clock } = this.#options;
    try {
      const peer = { kind: 'node', province: identity.province } as const;
      const csr = await createCsr(createPrivateKey(tls.current.key), peer);
      const certificate = await ask(csr, this.#stopped.signal);
      if (certificate === undefined || certificate.trim() === tls.current.cert.trim()) return false;
      checkOwnCertificate({ ...tls.current, cert: certificate }, identity.statement, clock.nowMs());
      await writeIdentityFile(identity.directory, 'tlsCertificate', certificate);
      await tls.reload();
      return true;
    } catch (error) {
      if (!this.#stopped.signal.aborted)
        logger.warn({ err: toAppError(error) }, 'certificate not renewed yet');
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }
}
