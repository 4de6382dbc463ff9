import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Toasts } from '#state/toasts.svelte.ts';

const MINUTE_MS = 60_000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('a message goes by itself, one with something to do later', () => {
  const toasts = new Toasts();
  toasts.show('common.copied');
  toasts.show('common.copied', { action: { key: 'common.undo', run: () => undefined } });
  vi.advanceTimersByTime(5000);
  expect(toasts.items).toHaveLength(1);
  vi.advanceTimersByTime(6000);
  expect(toasts.items).toHaveLength(0);
});

test('what is said again is there once, unless there is something to do about each', () => {
  const toasts = new Toasts();
  toasts.show('common.copied');
  vi.advanceTimersByTime(3000);
  toasts.show('common.copied');
  expect(toasts.items).toHaveLength(1);
  vi.advanceTimersByTime(3000);
  expect(toasts.items).toHaveLength(1);
  toasts.show('list.purged', { values: { count: 1 } });
  toasts.show('list.purged', { values: { count: 2 } });
  expect(toasts.items).toHaveLength(3);

  const action = { key: 'common.undo', run: () => undefined } as const;
  const undoable = new Toasts();
  undoable.show('common.copied', { action });
  undoable.show('common.copied', { action });
  expect(undoable.items).toHaveLength(2);
});

test('a held message stays for as long as somebody is in it, and goes after that', () => {
  const toasts = new Toasts();
  toasts.show('common.copied', { action: { key: 'common.undo', run: () => undefined } });
  const [toast] = toasts.items;
  let isHeld = true;
  if (toast) toasts.hold(toast, () => isHeld);
  vi.advanceTimersByTime(10 * MINUTE_MS);
  expect(toasts.items).toHaveLength(1);
  isHeld = false;
  vi.advanceTimersByTime(MINUTE_MS);
  expect(toasts.items).toHaveLength(0);
});
