/**
 * Reads server-sent events out of an answer.
 * Source: HTML Living Standard, 9.2.6 Interpreting an event stream.
 */

export interface ReceivedEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Events with JSON data, as they come; ends with the answer. */
export async function* readEvents(response: Response): AsyncGenerator<ReceivedEvent> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseEvent(block);
      if (event) yield event;
    }
  }
}

/** Undefined for a comment. */
function parseEvent(block: string): ReceivedEvent | undefined {
  const lines = block.split('\n').map((line) => /^(\w+): ?(.*)$/.exec(line));
  const fieldOf = (field: string) =>
    lines.filter((line) => line?.[1] === field).map((line) => line?.[2] ?? '');
  const data = fieldOf('data');
  return data.length === 0
    ? undefined
    : { event: fieldOf('event')[0] ?? 'message', data: JSON.parse(data.join('\n')) };
}
