import { describe, expect, test } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { openSidecarStore } from '#search/open-sidecar-store.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { openTextIndex } from '#search/text-index.ts';
import type { NewStep } from '#search/text-index.ts';
import { unitKey } from '#search/unit-table.ts';
import { conversationToGroup, messageText } from '#search/unit-texts.ts';
import { makeConversation, makeMessage } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';
import { findIds, openEngine, store as storeConversation } from './engine-support.ts';
import { changeBehind } from './in-page-search.ts';
import { readFile, writeFile } from './sidecar-files.ts';

const ignore = (): void => undefined;
const NOTHING = { 'text-missing': 0, 'text-stale': 0, 'text-left': 0 };

type Engine = Awaited<ReturnType<typeof openEngine>>;
const check = (engine: Engine) => engine.check(ignore, new AbortController().signal);

/** Two conversations with a title each, and three messages. */
async function fill(db: OnggiDatabase, store: SidecarStore): Promise<void> {
  await storeConversation(db, 'a', ['첫째 질문', '첫째 대답'], { title: '가나다' });
  await storeConversation(db, 'b', ['둘째 질문'], { title: '라마바' });
  (await openEngine(db, { store })).close();
}

/** Writes a step into the index that no row asked for. */
async function falsify(store: SidecarStore, step: NewStep): Promise<void> {
  const index = await openTextIndex(store);
  if (!index.at) throw new Error('nothing is indexed');
  await index.append(step, index.at, true);
  await index.settle();
  index.close();
}

async function flipText(store: SidecarStore, at: number): Promise<void> {
  const [name] = (await store.list()).filter((each) => each.startsWith('text-'));
  if (name === undefined) throw new Error('no text');
  const bytes = await readFile(store, name);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(store, name, bytes);
}

const message = (id: string, seq: number, content: string) =>
  makeMessage('a', id, null, { seq, content });

type Damage = (db: OnggiDatabase, store: SidecarStore) => Promise<void>;
const DAMAGES: readonly [string, Damage, Partial<typeof NOTHING>][] = [
  ['nothing', () => Promise.resolve(), {}],
  [
    'a text that was taken out of the index',
    (_db, store) => falsify(store, { removed: [unitKey({ kind: 'message', id: 'a-1' })] }),
    { 'text-missing': 1 },
  ],
  [
    'a title that was taken out of the index',
    (_db, store) => falsify(store, { removed: [unitKey({ kind: 'title', id: 'b' })] }),
    { 'text-missing': 1 },
  ],
  [
    'a text that was never in a row',
    (_db, store) => falsify(store, { units: [messageText(message('new', 7, '없는 말'))] }),
    { 'text-left': 1 },
  ],
  [
    'another text in the place of one',
    (_db, store) => falsify(store, { units: [messageText(message('a-0', 0, '다른 말'))] }),
    { 'text-stale': 1 },
  ],
  [
    'a conversation that never was',
    (_db, store) => falsify(store, { groups: [conversationToGroup(makeConversation('x'))] }),
    { 'text-left': 1 },
  ],
  ['a flipped bit in the text', (_db, store) => flipText(store, 3), { 'text-stale': 1 }],
  [
    'a row that changed unheard',
    (db) =>
      changeBehind(db, 'messages', (rows) => {
        rows.put({ ...message('b-0', 0, '바뀐 말'), conversationId: 'b' });
      }),
    { 'text-stale': 1 },
  ],
  [
    'a row that went unheard',
    (db) => changeBehind(db, 'messages', (rows) => void rows.delete('a-1')),
    { 'text-left': 1 },
  ],
  [
    'a row that came unheard',
    (db) => changeBehind(db, 'messages', (rows) => void rows.add(message('a-2', 2, '새로운 말'))),
    { 'text-missing': 1 },
  ],
  [
    'a conversation that was thrown away unheard',
    (db) =>
      changeBehind(db, 'conversations', (rows) => {
        rows.get('b').onsuccess = ({ target }) => {
          const { result } = target as IDBRequest<object>;
          rows.put({ ...result, status: 'deleted' });
        };
      }),
    { 'text-stale': 1 },
  ],
];

describe.each(['memory', 'table'] as const)('an index in %s', (kind) => {
  test.each(DAMAGES)('%s is found, and gone when it is made anew', async (_what, damage, found) => {
    const db = await openForTest();
    const store = await openSidecarStore(db, kind);
    await fill(db, store);
    await damage(db, store);
    const engine = await openEngine(db, { store });
    const before = await db.strict.messages.toArray();
    expect((await check(engine)).problems).toEqual({ ...NOTHING, ...found });
    await engine.rebuild();
    expect((await check(engine)).problems).toEqual(NOTHING);
    expect(await db.strict.messages.toArray()).toEqual(before);
  });
});

test('what is written while it is compared is no finding', async () => {
  const db = await openForTest();
  for (let at = 0; at < 30; at += 1) {
    await storeConversation(db, `c${at}`, ['질문', `대답 ${at}`], { title: `${at}` });
  }
  const engine = await openEngine(db);
  const writes: Promise<unknown>[] = [];
  let [reads, asked] = [0, 0];
  // Somebody writes each time that some rows were just read, outside of the transaction that reads them.
  db.relaxed.messages.hook('reading').subscribe((row: unknown) => {
    reads += 1;
    if (reads % 25 === 0 && asked < 40) {
      const number = (asked += 1);
      setTimeout(() => writes.push(write(number)));
    }
    return row;
  });
  function write(number: number): Promise<unknown> {
    const id = `c${(number * 7) % 30}`;
    const content = `바뀐 대답 ${number}`;
    const { conversations, messages } = db.strict;
    return db.strict.transaction('rw', conversations, messages, async () => {
      await messages.update(toMessageId(`${id}-1`), { content });
      await conversations.update(toConversationId(id), { title: content });
    });
  }
  const found = [];
  while (writes.length < 40) found.push((await check(engine)).problems);
  await Promise.all(writes);
  expect(found).toEqual(found.map(() => NOTHING));
  expect(await check(engine)).toEqual({ textCount: 90, problems: NOTHING });
});

test('an answer that runs is no finding, nor is a message without a conversation', async () => {
  const db = await openForTest();
  await storeConversation(db, 'a', ['질문', { content: '대', status: 'streaming' }]);
  const engine = await openEngine(db);
  await db.strict.messages.update(toMessageId('a-1'), { content: '대답' });
  await db.strict.messages.add({
    ...message('lost', 0, '잃은 말'),
    conversationId: toConversationId('?'),
  });
  expect((await check(engine)).problems).toEqual(NOTHING);
});

test('tells how far it is, answers questions in between, and can be stopped', async () => {
  const db = await openForTest();
  const texts = Array.from({ length: 1200 }, (_, at) => `말 ${at}`);
  await storeConversation(db, 'a', texts);
  const engine = await openEngine(db);
  const stop = new AbortController();
  const shares: number[] = [];
  const asked: Promise<string[]>[] = [];
  await engine.check((added, total) => {
    shares.push(added / total);
    asked.push(findIds(engine, '말 1199'));
  }, stop.signal);
  expect(shares.length).toBeGreaterThan(3);
  expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
  expect(await Promise.all(asked)).toEqual(asked.map(() => ['a']));
  const stopped = engine.check(() => stop.abort(new Error('stopped')), stop.signal);
  await expect(stopped).rejects.toThrow('stopped');
});

test('a row that cannot be read keeps no other from being found', async () => {
  const db = await openForTest();
  await storeConversation(db, 'a', [
    '찾을 말',
    { content: 7 as never, attachments: null as never },
  ]);
  const engine = await openEngine(db);
  expect(await findIds(engine, '찾을')).toEqual(['a']);
  expect((await check(engine)).problems).toEqual(NOTHING);
});
