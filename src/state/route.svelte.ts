import type { ConversationId } from '#domain/ids.ts';
import { toConversationId } from '#domain/ids.ts';
import type { Stretch } from '#domain/readable-text.ts';

/** Parts of the settings that an address can name. */
export const SETTINGS_SECTIONS = ['general', 'models', 'behaviour', 'privacy'] as const;
export type SettingsSection = (typeof SETTINGS_SECTIONS)[number];

/** What is to be found in a conversation that is opened. */
export interface FindTarget {
  readonly query: string;
  /** The message to begin at; null for the first that fits. */
  readonly messageId: string | null;
  /** What of its text is to be shown, in UTF-16 units, instead of words. */
  readonly stretch?: Stretch;
}

/** What the hash of the address names. */
export type Route =
  | {
      readonly screen: 'chat';
      readonly conversationId: ConversationId | null;
      readonly find?: FindTarget;
    }
  | { readonly screen: 'search'; readonly query: string }
  | { readonly screen: 'settings'; readonly section: SettingsSection }
  /** Backups, import, export, storage. */
  | { readonly screen: 'data' }
  /** What takes how much, and the maintenance. */
  | { readonly screen: 'storage' }
  /** The documents, or one of them; `messageId` of what is to be found in it is that of a chunk. */
  | { readonly screen: 'library'; readonly documentId: string | null; readonly find?: FindTarget }
  /** All conversations as a picture, by meaning. */
  | { readonly screen: 'map' }
  /** Figures of use and cost. */
  | { readonly screen: 'usage' }
  /** One conversation for paper. */
  | { readonly screen: 'print'; readonly conversationId: ConversationId };

/** Reads a hash; what it does not know is the empty chat. */
export function parseRoute(hash: string): Route {
  const [path = '', question = ''] = hash.replace(/^#\/?/, '').split('?');
  const [screen, detail] = path.split('/').map(decode);
  const asked = new URLSearchParams(question);
  if (screen === 'search') return { screen, query: asked.get('q') ?? '' };
  // `#/settings/data` was the address of the data screen in the first version.
  if (screen === 'data' || (screen === 'settings' && detail === 'data')) return { screen: 'data' };
  if (screen === 'usage' || screen === 'storage' || screen === 'map') return { screen };
  const query = asked.get('q');
  const stretch = parseStretch(asked.get('s'));
  const find =
    query === null
      ? {}
      : { find: { query, messageId: asked.get('m'), ...(stretch && { stretch }) } };
  if (screen === 'library') return { screen, documentId: detail ?? null, ...find };
  if (screen === 'print' && detail) return { screen, conversationId: toConversationId(detail) };
  if (screen === 'settings') {
    return { screen, section: SETTINGS_SECTIONS.find((name) => name === detail) ?? 'general' };
  }
  if (screen === 'c' && detail) {
    return { screen: 'chat', conversationId: toConversationId(detail), ...find };
  }
  return { screen: 'chat', conversationId: null };
}

/** A part of an address; ids of files from elsewhere may have any characters. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Undoes {@link decode}. Half a character cannot be in an address. */
const encode = (id: string): string =>
  encodeURIComponent(id.replace(/[\ud800-\udfff]/gu, '\ufffd'));

/** `12-345`; undefined for anything else. */
function parseStretch(text: string | null): Stretch | undefined {
  const [, start, end] = /^(\d{1,9})-(\d{1,9})$/.exec(text ?? '') ?? [];
  return start !== undefined && Number(start) < Number(end)
    ? [Number(start), Number(end)]
    : undefined;
}

/** So much of what is looked for stands in an address; search looks at no more of it. */
const MAX_ADDRESS_QUERY = 1000;

/** The query as an address holds it: no character is cut in two. */
const toAddressQuery = (query: string): string =>
  query.slice(0, MAX_ADDRESS_QUERY).replace(/[\ud800-\udbff]$/, '');

/** The hash of a route, with the beginning of a query that is very long. */
export function routeToHash(route: Route): string {
  if (route.screen === 'settings') return `#/settings/${route.section}`;
  if (
    route.screen === 'data' ||
    route.screen === 'usage' ||
    route.screen === 'storage' ||
    route.screen === 'map'
  ) {
    return `#/${route.screen}`;
  }
  if (route.screen === 'print') return `#/print/${encode(route.conversationId)}`;
  if (route.screen === 'search') {
    return route.query === ''
      ? '#/search'
      : `#/search?${String(new URLSearchParams({ q: toAddressQuery(route.query) }))}`;
  }
  const { find } = route;
  const id = route.screen === 'library' ? route.documentId : route.conversationId;
  const place = route.screen === 'library' ? '#/library' : '#/c';
  if (!id) return route.screen === 'library' ? place : '#/';
  if (!find) return `${place}/${encode(id)}`;
  const { query, messageId, stretch } = find;
  const question = new URLSearchParams({
    q: toAddressQuery(query),
    ...(messageId !== null && { m: messageId }),
    ...(stretch && { s: stretch.join('-') }),
  });
  return `${place}/${encode(id)}?${String(question)}`;
}

/** The present route, kept in step with the address. */
export class Router {
  #current = $state.raw<Route>(parseRoute(location.hash));

  get current(): Route {
    return this.#current;
  }

  /** Follows the address; called on `hashchange`. */
  readonly sync = (): void => {
    const next = parseRoute(location.hash);
    if (routeToHash(next) === routeToHash(this.#current)) return;
    this.#current = next;
  };

  /** Goes to a route; with `replace` the back button skips the present one. */
  go(route: Route, { replace = false } = {}): void {
    const hash = routeToHash(route);
    const isSame = hash === routeToHash(this.#current);
    if (!replace) {
      if (!isSame) location.hash = hash;
      return;
    }
    // Of a very long query the address holds only the beginning.
    if (isSame && route.screen !== 'search') return;
    this.#current = route;
    if (location.hash === hash) return;
    try {
      history.replaceState(null, '', hash);
    } catch {
      // Safari and Firefox take no more than a hundred in some seconds: the next one sets it right.
    }
  }

  openConversation(id: ConversationId | null, options?: { replace?: boolean }): void {
    this.go({ screen: 'chat', conversationId: id }, options);
  }
}
