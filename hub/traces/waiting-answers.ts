/**
 * Answers of one trace that name more than their provinces may bring so far. What they may grows with what
 * the others bring: it is known when the others of the round have answered, whoever was first.
 */
import type { AskedProvince } from './session-trace.ts';

export interface WaitingAnswer {
  readonly session: AskedProvince;
  readonly seq: number;
  readonly body: Uint8Array;
  /** That nobody knew when it came. */
  readonly names: number;
}

export class WaitingAnswers {
  #answers: readonly WaitingAnswer[] = [];

  add(answer: WaitingAnswer): void {
    const { session, seq } = answer;
    const others = this.#answers.filter((one) => one.session !== session || one.seq !== seq);
    this.#answers = [...others, answer];
  }

  /**
   * The round is over: none waits any more.
   * @param mayCome whether so many names may, beside those in the waiting answers of the other provinces.
   */
  judge(mayCome: (session: AskedProvince, names: number, beside: number) => boolean): WaitingAnswer[] {
    const answers = this.#answers;
    this.#answers = [];
    const namesOf = (is: (one: WaitingAnswer) => boolean) =>
      answers.reduce((sum, one) => (is(one) ? sum + one.names : sum), 0);
    return answers.filter(({ session }) => {
      const own = namesOf((one) => one.session === session);
      return mayCome(
        session,
        own,
        namesOf((one) => one.session !== session),
      );
    });
  }
}
