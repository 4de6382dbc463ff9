import { onTestFinished } from 'vitest';
import { addWholeConversations } from '#db/imported-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { Message } from '#domain/message.ts';
import type { FoundPage } from '#domain/search.ts';
import { openSidecarStore } from '#search/open-sidecar-store.ts';
import { openSearchEngine } from '#search/search-engine.ts';
import type {
  FindRequest,
  SearchEngine,
  SearchEngineDeps,
  TextStatus,
} from '#search/search-engine.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { makeConversation, makeMessage } from '../db/conversation-rows.ts';
import { createTestClock } from '../db/fresh-database.ts';

interface Options extends Partial<Omit<SearchEngineDeps, 'db' | 'clock' | 'onStatus' | 'store'>> {
  readonly store?: SidecarStore | SidecarStore['kind'];
}

/** An engine over `db` in this page, index in memory unless said otherwise, and caught up. */
export async function openEngine(
  db: OnggiDatabase,
  { store: place = 'memory', ...options }: Options = {},
): Promise<SearchEngine & { readonly statuses: TextStatus[] }> {
  const statuses: TextStatus[] = [];
  const engine = await openSearchEngine({
    db,
    clock: createTestClock(),
    onStatus: (status) => statuses.push(status),
    isResident: false,
    store: typeof place === 'string' ? await openSidecarStore(db, place) : place,
    ...options,
  });
  onTestFinished(() => engine.close());
  await engine.catchUp();
  return Object.assign(engine, { statuses });
}

/** All pages of one question. */
export async function findPages(
  engine: SearchEngine,
  query: string,
  options: Partial<FindRequest> = {},
): Promise<FoundPage[]> {
  const pages: FoundPage[] = [];
  const request = {
    kind: 'find',
    query,
    order: 'best',
    offset: 0,
    limit: 1000,
    ...options,
  } as const;
  await engine.find(request, (page) => pages.push(page), new AbortController().signal);
  return pages;
}

/** The last page of one question. */
export async function find(
  engine: SearchEngine,
  query: string,
  options: Partial<FindRequest> = {},
): Promise<FoundPage> {
  const page = (await findPages(engine, query, options)).at(-1);
  if (!page) throw new Error('no answer');
  return page;
}

/** The ids of the conversations that were found, in order. */
export async function findIds(
  engine: SearchEngine,
  query: string,
  options: Partial<FindRequest> = {},
): Promise<string[]> {
  return (await find(engine, query, options)).groups.map(({ id }) => id);
}

/** Stores a conversation with these messages, one after the other. */
export async function store(
  db: OnggiDatabase,
  id: string,
  contents: readonly (string | Partial<Message>)[],
  fields: Partial<Conversation> = {},
): Promise<void> {
  const messages = contents.map((content, seq) =>
    makeMessage(id, `${id}-${seq}`, seq === 0 ? null : `${id}-${seq - 1}`, {
      seq,
      role: seq % 2 === 0 ? 'user' : 'assistant',
      ...(typeof content === 'string' ? { content } : content),
    }),
  );
  const counters = { messageCount: messages.length, lastSeq: messages.length - 1 };
  const conversation = makeConversation(id, { ...counters, ...fields });
  await addWholeConversations(db, [{ conversation, messages, attachments: [] }]);
}
