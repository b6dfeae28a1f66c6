/**
 * Server-sent events: an answer that lasts until the client leaves or the program stops, with a beat against
 * silence.
 * Source: HTML Living Standard, 9.2 Server-sent events.
 */
import type { Context } from 'hono';
import type { Clock } from '../clock.ts';
import type { HttpEnv } from './env.ts';

/** One event: its name and its JSON. */
export interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
}

/** Between two beats; proxies give up on silence after 30 to 60 seconds. */
const BEAT_MS = 15_000;

export interface EventStreamOptions {
  /** The request, whose caller has been let in. */
  readonly c: Context<HttpEnv>;
  readonly clock: Clock;
  /** Told what ended the events early, if anything did. */
  readonly onError: (error: unknown) => void;
}

/**
 * An answer that sends what `events` yields. The signal given to `events` aborts when the answer is over; an
 * error ends the answer, and the client connects again. Throws RESOURCE_EXHAUSTED TOO_MANY_AT_ONCE.
 */
export function eventStream(
  events: (over: AbortSignal) => AsyncIterable<ServerEvent>,
  { c, clock, onError }: EventStreamOptions,
): Response {
  const stream = c.get('door').begin(c.get('caller'), 'streams');
  const cancelled = new AbortController();
  const over = AbortSignal.any([c.req.raw.signal, c.get('stopping'), cancelled.signal]);
  const body = new ReadableStream<Uint8Array>({
    start: (sink) => {
      void send(sink, events(over), over)
        .catch(onError)
        .finally(() => {
          stream[Symbol.dispose]();
          cancelled.abort();
        });
      void beat(sink, clock, over);
    },
    cancel: () => cancelled.abort(),
  });
  const headers = { 'content-type': 'text/event-stream; charset=utf-8', 'x-accel-buffering': 'no' };
  return new Response(body, { headers });
}

type Sink = ReadableStreamDefaultController<Uint8Array>;

async function send(sink: Sink, events: AsyncIterable<ServerEvent>, over: AbortSignal): Promise<void> {
  try {
    for await (const { event, data } of events) {
      if (over.aborted) break;
      write(sink, `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
    }
  } finally {
    close(sink);
  }
}

async function beat(sink: Sink, clock: Clock, over: AbortSignal): Promise<void> {
  write(sink, ': xin chào\n\n');
  while (!over.aborted) {
    await clock.sleep(BEAT_MS, over);
    if (!over.aborted) write(sink, ': \n\n');
  }
  close(sink);
}

const encoder = new TextEncoder();

function write(sink: Sink, text: string): void {
  try {
    sink.enqueue(encoder.encode(text));
  } catch {
    // The client has left between two events.
  }
}

function close(sink: Sink): void {
  try {
    sink.close();
  } catch {
    // Closed from the other side.
  }
}
