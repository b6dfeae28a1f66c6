/**
 * Where the demo writes: at a terminal, progress is drawn in place; into a pipe or a file, as plain lines
 * whenever it has changed. Says nothing of its own.
 */
import { cutTo, lineWidth } from '../../../shared/cli/text.ts';
import type { Clock } from '../../../shared/clock.ts';

export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

/** Progress in both forms; `live` fits into the cells that it was asked for, or is cut. */
export interface View {
  readonly live: readonly string[];
  readonly plain: string;
}

const REDRAW_MS = 80;
const PLAIN_MS = 1_000;

export class Screen {
  readonly #output: Output;
  readonly #clock: Clock;
  #drawn = 0;
  #said = '';

  constructor(output: Output, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
  }

  /** Lines as they are, however long: what somebody copies must not be cut. */
  print(...lines: string[]): void {
    this.#output.write(lines.map((line) => `${line}\n`).join(''));
  }

  /**
   * Draws `view` again and again while `work` goes on, and once more when it is done. Its outcome is that of
   * `work`.
   */
  async during<T>(view: (width: number) => View, work: Promise<T>): Promise<T> {
    const done = new AbortController();
    const drawing = this.#draw(view, done.signal);
    try {
      return await work;
    } finally {
      done.abort();
      await drawing;
    }
  }

  async #draw(view: (width: number) => View, done: AbortSignal): Promise<void> {
    while (!done.aborted) {
      this.#show(view(lineWidth(this.#output)));
      await this.#clock.sleep(this.#output.isTTY ? REDRAW_MS : PLAIN_MS, done);
    }
    this.#show(view(lineWidth(this.#output)));
    this.#drawn = 0;
  }

  #show({ live, plain }: View): void {
    if (this.#output.isTTY) this.#redraw(live);
    else if (plain !== this.#said) this.print(plain);
    this.#said = plain;
  }

  #redraw(lines: readonly string[]): void {
    const width = lineWidth(this.#output);
    const up = this.#drawn === 0 ? '' : `\x1b[${this.#drawn}A`;
    // Each line is cleared behind its text and not before it: nothing flickers.
    const text = lines.map((line) => `${cutTo(line, width)}\x1b[K\n`).join('');
    this.#output.write(`${up}${text}\x1b[J`);
    this.#drawn = lines.length;
  }
}
