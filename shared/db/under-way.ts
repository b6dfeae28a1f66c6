/**
 * What a pool's users wait for: a pool whose connection broke waits for that connection's last statement as
 * long as it is let, though it has failed long since (postgres.js 3.4.9 forgets it only when it connects
 * again), so that the end of a pool asks here and not there.
 */
import { systemClock } from '../clock.ts';

export class UnderWay {
  #count = 0;
  readonly #none = new AbortController();
  #ending = false;

  /** One more; to be ended once, by what is returned. */
  begin(): () => void {
    this.#count++;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.#count--;
      this.#tell();
    };
  }

  /** Resolves when nothing is under way, after `ms` at the latest. */
  none(ms: number): Promise<void> {
    this.#ending = true;
    this.#tell();
    return systemClock.sleep(ms, this.#none.signal);
  }

  #tell(): void {
    if (this.#ending && this.#count === 0) this.#none.abort();
  }
}
