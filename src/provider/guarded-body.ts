import { OnggiError } from '#domain/errors.ts';
import type { StreamLimits } from './limits.ts';
import { createEventAligner } from './sse-events.ts';
import type { AlignedEvents } from './sse-events.ts';
import type { Watchdog } from './watchdog.ts';

interface BodyGuard {
  readonly watchdog: Watchdog;
  readonly limits: StreamLimits;
  readonly shape: 'stream' | 'whole';
}

/** Turns bytes as they come into pieces for the SDK; `isDone` ends the body early. */
interface Reshaper {
  push(chunk: Uint8Array<ArrayBuffer>): AlignedEvents;
  flush(): Uint8Array<ArrayBuffer>;
}

/** After this long without a pause the page gets a turn, in milliseconds: half a frame. */
const TURN_MS = 8;

/**
 * The body of an answer within its limits. For `stream` it holds whole events, and an answer that
 * came as one JSON body although a stream was asked for becomes one event.
 * Errors with OnggiError `provider/idle`, `provider/too-long`, `provider/too-large`,
 * `provider/not-json`, `provider/interrupted` when the connection breaks, and with an `AbortError`
 * when the person stops. Cancelling it closes the connection.
 */
export function guardBody(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  { watchdog, limits, shape }: BodyGuard,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const reader = body.getReader();
  const reshaper = shape === 'stream' ? createSniffingReshaper(limits) : createCounter(limits);
  let hasFirstByte = false;
  let hasEnded = false;
  let waiting: readonly Uint8Array<ArrayBuffer>[] = [];
  let turnStart = performance.now();

  /** Reads until there is something to give; nothing at the end. */
  const readNext = async (): Promise<readonly Uint8Array<ArrayBuffer>[]> => {
    while (!hasEnded) {
      watchdog.signal.throwIfAborted();
      // Until the first byte the limit for it still runs, from the request on.
      if (hasFirstByte) watchdog.expect(limits.idleMs, 'provider/idle');
      const { value, done } = await reader.read();
      hasEnded = done;
      if (done) break;
      if (value.length === 0) continue;
      hasFirstByte = true;
      watchdog.relax();
      const { pieces, isDone } = reshaper.push(value);
      hasEnded = isDone;
      if (pieces.length > 0) return pieces;
    }
    watchdog.stop();
    return [];
  };

  return new ReadableStream(
    {
      async pull(controller) {
        try {
          if (performance.now() - turnStart > TURN_MS) {
            await giveTurn();
            turnStart = performance.now();
          }
          if (waiting.length === 0) waiting = await readNext();
          const [piece, ...later] = waiting;
          waiting = later;
          if (piece) {
            controller.enqueue(piece);
            return;
          }
          const rest = reshaper.flush();
          if (rest.length > 0) controller.enqueue(rest);
          controller.close();
        } catch (error) {
          const reason = watchdog.reasonFor(error, interrupted);
          watchdog.stop(reason);
          controller.error(reason);
        }
      },
      cancel() {
        watchdog.stop();
      },
    },
    { highWaterMark: 0 },
  );
}

/**
 * Lets the page draw and take input. A server that is faster than the page would otherwise keep it
 * busy with microtasks alone; a timer would wait a second or more in a hidden tab.
 */
function giveTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}

const interrupted = (): OnggiError =>
  new OnggiError('provider/interrupted', 'connection broke', { retryable: true });

function createCounter({ answerBytes }: StreamLimits): Reshaper {
  const count = countUpTo(answerBytes);
  return {
    push(chunk) {
      count(chunk.length);
      return { pieces: [chunk], isDone: false };
    },
    flush: () => new Uint8Array(0),
  };
}

function countUpTo(limit: number): (bytes: number) => void {
  let total = 0;
  return (bytes) => {
    total += bytes;
    if (total > limit) throw new OnggiError('provider/too-large', 'answer over the limit');
  };
}

/** Decides by the first byte that says something whether it is a stream at all. */
function createSniffingReshaper(limits: StreamLimits): Reshaper {
  const count = countUpTo(limits.streamBytes);
  let chosen: Reshaper | undefined;
  return {
    push(chunk) {
      count(chunk.length);
      if (!chosen) {
        const first = chunk.find((byte) => byte > 0x20);
        if (first === 0x3c)
          throw new OnggiError('provider/not-json', 'markup in place of a stream');
        if (first === undefined) return { pieces: [], isDone: false };
        const isJson = first === 0x7b || first === 0x5b;
        chosen = isJson ? createJsonToEvent(limits) : createEventAligner(limits.lineBytes);
      }
      return chosen.push(chunk);
    },
    flush: () => chosen?.flush() ?? new Uint8Array(0),
  };
}

/** One JSON body as one event: JSON has no line end inside its strings, so each becomes a space. */
function createJsonToEvent(limits: StreamLimits): Reshaper {
  const count = countUpTo(limits.answerBytes);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  return {
    push(chunk) {
      count(chunk.length);
      chunks.push(chunk.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
      return { pieces: [], isDone: false };
    },
    flush() {
      const prefix = new TextEncoder().encode('data: ');
      const suffix = new TextEncoder().encode('\n\n');
      const parts = [prefix, ...chunks, suffix];
      const event = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
      let offset = 0;
      for (const part of parts) {
        event.set(part, offset);
        offset += part.length;
      }
      return event;
    },
  };
}
