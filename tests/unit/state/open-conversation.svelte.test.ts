import { expect, test } from 'vitest';
import type { ConversationStore, Thread } from '#domain/conversation-store.ts';
import { toConversationId, toSessionId } from '#domain/ids.ts';
import { Answers } from '#state/answers.svelte.ts';
import { OpenConversation } from '#state/open-conversation.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { answered, openChat } from '../chat/support.ts';

/** The screen over a real store whose threads are read only when the test lets them. */
async function openHeld() {
  const { chat, clock, db, fake, store } = await openChat();
  let tell: ((thread: Thread | undefined) => void) | undefined;
  const held: ConversationStore = {
    ...store,
    watchThread: (id, pathLength) => ({
      subscribe: (observer) => {
        const read = store.watchThread(id, pathLength);
        tell = (thread) => observer.next(thread);
        return read.subscribe({ next: () => undefined, error: observer.error });
      },
    }),
  };
  const storage = new StorageHealth();
  const answers = new Answers({
    storage,
    saveAgain: () => Promise.resolve(),
    rememberStreamOptionsRefused: () => Promise.resolve(),
  });
  const id = toConversationId(crypto.randomUUID());
  const open = new OpenConversation(
    null,
    { store: held, keeping: 'stored' },
    {
      answers,
      chat,
      clock,
      storage,
      createConversationId: () => id,
      getSessionId: () => Promise.resolve(toSessionId('session')),
      finishInMemory: () => Promise.reject(new Error('not in memory')),
      onBegun: () => undefined,
      newPlace: () => ({ store: held, keeping: 'stored' }),
      settleAbandoned: () => Promise.resolve(),
    },
  );
  const readAgain = () =>
    new Promise<void>((resolve, reject) => {
      const subscription = store.watchThread(id, 50).subscribe({
        next: (thread) => {
          tell?.(thread);
          queueMicrotask(() => subscription.unsubscribe());
          resolve();
        },
        error: reject,
      });
    });
  const texts = () => open.path.map(({ message }) => message.content);
  return { db, fake, open, readAgain, storage, texts };
}

test('what was committed is on the screen before it is read again, and once after', async () => {
  const { fake, open, readAgain, texts } = await openHeld();
  expect(await open.send('first')).toBe(true);
  expect(texts()).toEqual(['first', '']);
  expect(open.conversation).toMatchObject({ title: 'first', messageCount: 2 });
  fake.say(...answered('1'));
  await expect.poll(() => open.running).toBeUndefined();
  await readAgain();
  expect(texts()).toEqual(['first', '1']);

  expect(await open.send('second')).toBe(true);
  expect(texts()).toEqual(['first', '1', 'second', '']);
  fake.say(...answered('2'));
  await expect.poll(() => open.running).toBeUndefined();
  await readAgain();
  expect(texts()).toEqual(['first', '1', 'second', '2']);
  open.close();
});

test('an edited question that could not be saved is kept until it is given up', async () => {
  const { db, fake, open, readAgain, storage } = await openHeld();
  await open.send('first');
  fake.say(...answered('1'));
  await expect.poll(() => open.running).toBeUndefined();
  await readAgain();
  const question = open.path[0]?.message;
  if (!question) throw new Error('no question');
  const refuse = (): never => {
    throw new DOMException('', 'QuotaExceededError');
  };
  db.strict.messages.hook('creating', refuse);
  expect(await open.editAndSend(question, 'another first')).toBe(false);
  expect(storage.problem?.code).toBe('db/quota');
  expect(storage.unsaved.map(({ text }) => text)).toEqual(['another first']);
  // What is typed in the box is another text.
  expect(await open.send('second')).toBe(false);
  expect(storage.unsaved.map(({ text }) => text)).toEqual(['another first', 'second']);
  open.abandonEdit(question);
  expect(storage.unsaved.map(({ text }) => text)).toEqual(['second']);
  expect(storage.problem?.code).toBe('db/quota');

  // With room it is gone with the text itself, and so is the notice.
  db.strict.messages.hook('creating').unsubscribe(refuse);
  expect(await open.send('second')).toBe(true);
  expect(storage.unsaved).toEqual([]);
  fake.say(...answered('2'));
  await expect.poll(() => open.running).toBeUndefined();
  await readAgain();
  db.strict.messages.hook('creating', refuse);
  await open.editAndSend(question, 'another first');
  expect(storage.unsaved).toHaveLength(1);
  open.abandonEdit(question);
  expect(storage.unsaved).toEqual([]);
  expect(storage.problem).toBeNull();
  open.close();
});
