import type { LiveRead } from '#domain/conversation-store.ts';

/** The first thing a live read says. */
export function firstValue<T>(live: LiveRead<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const subscription = live.subscribe({
      next: (value) => {
        // It may speak before `subscribe` has given the subscription back.
        queueMicrotask(() => subscription.unsubscribe());
        resolve(value);
      },
      error: (error) => reject(new Error(String(error))),
    });
  });
}
