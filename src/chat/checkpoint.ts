/**
 * A running answer is written at most this often. A crash may take one second of it (SECURITY 8.1),
 * and the write itself has to fit into that second.
 */
export const CHECKPOINT_INTERVAL_MS = 950;

/** Writes the newest state of something that changes quickly, at most once an interval. */
export interface Checkpoint {
  /** Something changed: write it within an interval. */
  note(): void;
  /** Writes now if anything changed since the last write. */
  flush(): Promise<void>;
  /** No further write; resolves when a write under way has ended. */
  close(): Promise<void>;
}

/**
 * @param write Writes the present state. When it fails `onFailure` is told, the state counts as
 * unwritten and is tried again with the next change.
 */
export function createCheckpoint(
  write: () => Promise<void>,
  onFailure: (error: unknown) => void,
  intervalMs = CHECKPOINT_INTERVAL_MS,
): Checkpoint {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: Promise<void> | undefined;
  let isDirty = false;
  let isClosed = false;

  async function run(): Promise<void> {
    isDirty = false;
    try {
      await write();
    } catch (error) {
      isDirty = true;
      onFailure(error);
    } finally {
      running = undefined;
    }
  }

  function flush(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    // What came while a write was under way is not in it.
    if (running) return running.then(flush);
    if (!isDirty || isClosed) return Promise.resolve();
    running = run();
    return running;
  }

  return {
    note() {
      isDirty = true;
      timer ??= setTimeout(() => void flush(), intervalMs);
    },
    flush,
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await running;
    },
  };
}
