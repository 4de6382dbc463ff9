import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { toConversationId } from '#domain/ids.ts';
import { Router, SETTINGS_SECTIONS, parseRoute, routeToHash } from '#state/route.svelte.ts';
import type { Route } from '#state/route.svelte.ts';

const chat = (id: string | null): Route => ({
  screen: 'chat',
  conversationId: id === null ? null : toConversationId(id),
});

const ROUTES: readonly (readonly [string, Route])[] = [
  ['#/', chat(null)],
  ['#/c/0198c1f2-aaaa-7000-8000-000000000001', chat('0198c1f2-aaaa-7000-8000-000000000001')],
  ['#/usage', { screen: 'usage' }],
  ['#/data', { screen: 'data' }],
  ['#/storage', { screen: 'storage' }],
  ['#/print/id', { screen: 'print', conversationId: toConversationId('id') }],
  ...SETTINGS_SECTIONS.map(
    (section) => [`#/settings/${section}`, { screen: 'settings', section }] as const,
  ),
];

test.each(ROUTES)('%s goes there and back', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
  expect(routeToHash(route)).toBe(hash);
});

test.each(['a b', '대화 1', 'x/y', 'what?', '50%', '#1', '..'])(
  'a conversation of a file from elsewhere is found by its id %j',
  (id) => {
    const conversationId = toConversationId(id);
    const find = { query: 'q', messageId: null };
    const routes: Route[] = [
      chat(id),
      { screen: 'chat', conversationId, find },
      { screen: 'print', conversationId },
      { screen: 'library', documentId: id },
    ];
    for (const route of routes) {
      // As a browser gives it back.
      const { hash } = new URL(routeToHash(route), location.href);
      expect(parseRoute(hash)).toEqual(route);
    }
  },
);

test.each([
  ['', chat(null)],
  ['#', chat(null)],
  ['#/nowhere', chat(null)],
  ['#/c', chat(null)],
  ['#/c/', chat(null)],
  ['#/c/id/more', chat('id')],
  ['#c/id', chat('id')],
  ['#/settings', { screen: 'settings', section: 'general' }],
  // Its address in the first version.
  ['#/settings/data', { screen: 'data' }],
  ['#/print', chat(null)],
  ['#/settings/nothing', { screen: 'settings', section: 'general' }],
  ['#/settings/toString', { screen: 'settings', section: 'general' }],
] as const)('%j is read as what it is nearest to', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
});

describe('Router', () => {
  beforeEach(() => {
    const { href } = location;
    onTestFinished(() => history.replaceState(null, '', href));
    history.replaceState(null, '', '#/');
  });

  test('begins where the address is and follows it', () => {
    history.replaceState(null, '', '#/c/one');
    const router = new Router();
    expect(router.current).toEqual(chat('one'));
    history.replaceState(null, '', '#/settings/models');
    router.sync();
    expect(router.current).toEqual({ screen: 'settings', section: 'models' });
  });

  test('keeps its route, the same object, when the address says the same in other words', () => {
    const router = new Router();
    const before = router.current;
    history.replaceState(null, '', '#/nowhere');
    router.sync();
    expect(router.current).toBe(before);
  });

  test('goes to a conversation by the address', () => {
    const router = new Router();
    const { length } = history;
    router.openConversation(toConversationId('one'));
    expect(location.hash).toBe('#/c/one');
    expect(history.length).toBe(length + 1);
    router.sync();
    expect(router.current).toEqual(chat('one'));
  });

  test('replaces the present entry when told so, at once', () => {
    const router = new Router();
    const { length } = history;
    router.openConversation(toConversationId('one'), { replace: true });
    expect(location.hash).toBe('#/c/one');
    expect(router.current).toEqual(chat('one'));
    expect(history.length).toBe(length);
  });

  test('keeps what is asked where the browser takes no more addresses', () => {
    const router = new Router();
    const refuse = vi.spyOn(history, 'replaceState').mockImplementation(() => {
      throw new DOMException('more than 100 times per 30 seconds', 'SecurityError');
    });
    onTestFinished(() => refuse.mockRestore());
    router.go({ screen: 'search', query: 'kimchi' }, { replace: true });
    expect(router.current).toEqual({ screen: 'search', query: 'kimchi' });
    expect(location.hash).toBe('#/');
    refuse.mockRestore();
    // The next time it is right again, with the same text too.
    router.go({ screen: 'search', query: 'kimchi' }, { replace: true });
    expect(location.hash).toBe('#/search?q=kimchi');
  });

  test.each([999, 1000, 1001, 100_000])(
    'keeps a query of %i characters, and the beginning in the address',
    (length) => {
      const router = new Router();
      const query = 'a'.repeat(length);
      router.go({ screen: 'search', query }, { replace: true });
      expect(router.current).toEqual({ screen: 'search', query });
      expect(location.hash).toBe(`#/search?q=${query.slice(0, 1000)}`);
      // What differs behind that is asked all the same.
      router.go({ screen: 'search', query: `${query}b` }, { replace: true });
      expect(router.current).toEqual({ screen: 'search', query: `${query}b` });
      router.sync();
      expect(router.current).toEqual({ screen: 'search', query: `${query}b` });
    },
  );

  test('cuts no character of a long query in two', () => {
    const query = `${'a'.repeat(999)}👍`;
    const hash = routeToHash({ screen: 'search', query });
    expect(parseRoute(hash)).toEqual({ screen: 'search', query: 'a'.repeat(999) });
  });
});

test.each([
  ['#/library', { screen: 'library', documentId: null }],
  ['#/library/d', { screen: 'library', documentId: 'd' }],
  [
    '#/library/d?q=%EC%98%B9%EA%B8%B0&m=d.3',
    { screen: 'library', documentId: 'd', find: { query: '옹기', messageId: 'd.3' } },
  ],
] as const)('%s is the library', (hash, route) => {
  expect(parseRoute(hash)).toEqual(route);
  expect(routeToHash(route)).toBe(hash);
});

test.each([
  ['#/c/a?q=&m=a.1&s=12-345', { query: '', messageId: 'a.1', stretch: [12, 345] }],
  ['#/c/a?q=jar&m=a.1', { query: 'jar', messageId: 'a.1' }],
] as const)('%s leads to a place', (hash, find) => {
  const route = { screen: 'chat', conversationId: toConversationId('a'), find } as const;
  expect(parseRoute(hash)).toEqual(route);
  expect(routeToHash(route)).toBe(hash);
});

test.each(['5-5', '9-2', '-1-4', 'a-b', '1'])('a stretch of %s is none', (stretch) => {
  expect(parseRoute(`#/c/a?q=&m=a.1&s=${stretch}`)).toMatchObject({
    find: { query: '', messageId: 'a.1' },
  });
  expect(parseRoute(`#/c/a?q=&m=a.1&s=${stretch}`)).not.toHaveProperty('find.stretch');
});
