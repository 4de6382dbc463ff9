import { beforeEach, expect, onTestFinished, test, vi } from 'vitest';
import { Meanwhile } from '#state/meanwhile.svelte.ts';

beforeEach(() => sessionStorage.clear());

/** As after a start, or a reload, of a page. */
function begin(): Meanwhile {
  const meanwhile = new Meanwhile();
  meanwhile.begin();
  onTestFinished(() => meanwhile.end());
  return meanwhile;
}

/** Whether the browser would ask before the page goes. */
function isAsked(): boolean {
  return !dispatchEvent(new Event('beforeunload', { cancelable: true }));
}

const leave = () => dispatchEvent(new Event('pagehide'));

test('what was typed is asked about, and comes back after a reload', () => {
  const meanwhile = begin();
  expect(isAsked()).toBe(false);
  meanwhile.text = '적어 둔 생각';
  expect(isAsked()).toBe(true);
  leave();
  expect(begin().text).toBe('적어 둔 생각');
});

test('a reload of the page’s own is not asked about, and loses nothing', () => {
  const meanwhile = begin();
  meanwhile.text = 'kept';
  meanwhile.keepOverReload();
  expect(isAsked()).toBe(false);
  expect(begin().text).toBe('kept');
});

test('what the browser has no place for is asked about before every reload', () => {
  const meanwhile = begin();
  meanwhile.text = 'too long';
  const set = vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError');
  });
  onTestFinished(() => set.mockRestore());
  meanwhile.keepOverReload();
  expect(isAsked()).toBe(true);
});

test('what was taken out again, or has its place, is not brought back and not asked about', () => {
  const meanwhile = begin();
  meanwhile.text = 'a thought';
  leave();
  meanwhile.text = ' \n';
  leave();
  expect(begin().text).toBe('');
  meanwhile.text = 'another';
  leave();
  meanwhile.end();
  leave();
  expect(isAsked()).toBe(false);
  expect(sessionStorage).toHaveLength(0);
});
