/**
 * A stream of requests that somebody else may end: when the province under whose opening it runs is revoked,
 * nobody waits for its next message.
 */

/** `requests` until `cut` aborts; throws its reason then. */
export async function* untilCut<T>(requests: AsyncIterable<T>, cut: AbortSignal): AsyncGenerator<T> {
  const iterator = requests[Symbol.asyncIterator]();
  const ended = new Promise<never>((_resolve, reject) => {
    cut.addEventListener('abort', () => reject(cut.reason), { once: true });
  });
  // Nobody may be waiting when it comes.
  ended.catch(() => undefined);
  try {
    for (;;) {
      cut.throwIfAborted();
      const next = await Promise.race([iterator.next(), ended]);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}
