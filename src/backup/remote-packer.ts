/** Packing in a worker of its own, so that reading and compressing overlap (PERFORMANCE 5). */
import { OnggiError, toOnggiError } from '#domain/errors.ts';
import { createPacker } from './pack.ts';
import type { PackOptions, Packed, Packer } from './pack.ts';
import {
  fromFailure,
  parsePackInput,
  parsePackOutput,
  parseToPackWorker,
  toFailure,
} from './worker-messages.ts';
import type { PackInput, PackOutput, ToPackWorker } from './worker-messages.ts';

/** Pieces that may be on their way to the worker at once. */
const PIECES_AHEAD = 4;

/**
 * A packer that works in `worker`, which it ends when the file is whole or given up. Bytes that are
 * written are transferred away.
 */
export function createRemotePacker(
  createWorker: () => Worker,
  { target, passphrase }: PackOptions,
): Packer {
  const worker = createWorker();
  const { port1: port, port2 } = new MessageChannel();
  let free = PIECES_AHEAD;
  const spare: ArrayBuffer[] = [];
  let wake: (() => void) | undefined;
  const post = (message: PackInput, transfer: Transferable[] = []): void =>
    port.postMessage(message, transfer);

  const done = new Promise<Packed>((resolve, reject) => {
    worker.onerror = ({ message }) => reject(new OnggiError('app/worker-failed', message));
    const hear = (data: unknown): void => {
      const output = parsePackOutput(data);
      if (output.kind === 'failed') reject(fromFailure(output));
      else if (output.kind === 'packed') {
        resolve({ sizeBytes: output.sizeBytes, blob: output.blob });
      } else {
        spare.push(output.buffer);
        free += 1;
        wake?.();
      }
    };
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      try {
        hear(data);
      } catch (error) {
        // Whatever it was, a piece that is waited for will not be acknowledged any more.
        reject(toOnggiError(error));
      }
    };
    port.onmessageerror = () =>
      reject(new OnggiError('app/worker-failed', 'an unreadable message'));
  }).finally(() => {
    port.close();
    worker.terminate();
  });

  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    start(controller) {
      done.catch((error: unknown) => {
        controller.error(error);
        wake?.();
      });
    },
    async write(bytes) {
      while (free === 0) {
        await Promise.race([new Promise<void>((resolve) => (wake = resolve)), done]);
      }
      free -= 1;
      post({ kind: 'bytes', bytes }, [bytes.buffer]);
    },
    async close() {
      post({ kind: 'end' });
      await done;
    },
    async abort() {
      post({ kind: 'abort' });
      // Until it answers, a file that was picked is not cleared away.
      await done.catch(() => undefined);
    },
  });
  const order: ToPackWorker = { target, passphrase };
  worker.postMessage(order, [port2]);
  return { writable, done, takeSpare: () => spare.pop() };
}

/** Does the packing that {@link createRemotePacker} asked for, in the worker. */
export async function servePacking(order: unknown, port: MessagePort): Promise<void> {
  const post = (message: PackOutput): void => port.postMessage(message);
  try {
    const packer = createPacker(parseToPackWorker(order));
    const writer = packer.writable.getWriter();
    writer.closed.catch(() => undefined);
    // In turn: a piece is taken when the one before it is compressed.
    let last: Promise<void> = Promise.resolve();
    const take = async (input: PackInput): Promise<void> => {
      if (input.kind === 'end') return writer.close();
      if (input.kind === 'abort')
        return writer.abort(new OnggiError('backup/not-written', 'stopped'));
      await writer.ready;
      await writer.write(input.bytes);
      const { buffer } = input.bytes;
      port.postMessage({ kind: 'taken', buffer } satisfies PackOutput, [buffer]);
    };
    port.onmessage = ({ data }: MessageEvent<unknown>) => {
      last = last.then(() => take(parsePackInput(data)));
      // Whatever failed here, the packer says why.
      last.catch((error: unknown) => void writer.abort(error).catch(() => undefined));
    };
    post({ kind: 'packed', ...(await packer.done) });
  } catch (error) {
    post(toFailure(error));
  }
}
