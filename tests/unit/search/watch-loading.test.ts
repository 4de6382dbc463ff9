import { expect, test, vi } from 'vitest';
import { watchLoading } from '#search/watch-loading.ts';

const PATIENCE_MS = 60_000;

/** A loading that hangs from some piece on, until it is given up. */
function loadPieces(pieces: number, everyMs: number) {
  return async (onBytes: (done: number, total: number | null) => void, signal: AbortSignal) => {
    for (let piece = 1; piece <= pieces; piece++) {
      await new Promise((resolve) => setTimeout(resolve, everyMs));
      onBytes(piece, null);
    }
    return new Promise<never>((_resolve, reject) =>
      signal.addEventListener('abort', () => reject(signal.reason as Error)),
    );
  };
}

test('gives up what comes no further, and not what comes slowly', async () => {
  vi.useFakeTimers();
  try {
    const seen: number[] = [];
    const loading = watchLoading(
      loadPieces(5, PATIENCE_MS - 1),
      (done) => seen.push(done),
      PATIENCE_MS,
    );
    const failed = expect(loading).rejects.toThrow(
      expect.objectContaining({ code: 'model/stuck' }) as Error,
    );
    await vi.advanceTimersByTimeAsync(5 * (PATIENCE_MS - 1));
    expect(seen).toEqual([1, 2, 3, 4, 5]);
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    await failed;
  } finally {
    vi.useRealTimers();
  }
});

test('leaves alone what is loaded', async () => {
  vi.useFakeTimers();
  try {
    let given: AbortSignal | undefined;
    const load = (_onBytes: unknown, signal: AbortSignal): Promise<string> => {
      given = signal;
      return Promise.resolve('a model');
    };
    expect(await watchLoading(load, () => undefined, PATIENCE_MS)).toBe('a model');
    await vi.advanceTimersByTimeAsync(PATIENCE_MS);
    expect(given?.aborted).toBe(false);
  } finally {
    vi.useRealTimers();
  }
});
