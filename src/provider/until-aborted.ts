/**
 * The same items until `signal` aborts; then it ends normally, at once, whatever the source is
 * waiting for. The source is closed in the background.
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const iterator = source[Symbol.asyncIterator]();
  let onAbort = (): void => undefined;
  const aborted = new Promise<'aborted'>((resolve) => {
    onAbort = () => resolve('aborted');
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort);
  });
  try {
    for (;;) {
      const step = await Promise.race([aborted, iterator.next()]);
      if (step === 'aborted' || step.done) return;
      yield step.value;
    }
  } finally {
    signal.removeEventListener('abort', onAbort);
    // Not waited for: it resolves only when the source comes out of what it is waiting for.
    iterator.return?.().catch(() => undefined);
  }
}
