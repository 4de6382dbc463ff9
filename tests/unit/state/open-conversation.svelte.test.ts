import { expect, test } from 'vitest';
import type { ConversationStore, Thread } from '#domain/conversation-store.ts';
import { toConversationId, toSessionId } from '#domain/ids.ts';
import { Answers } from '#state/answers.svelte.ts';
import { OpenConversation } from '#state/open-conversation.svelte.ts';
import { StorageHealth } from '#state/storage-health.svelte.ts';
import { answered, openChat } from '../chat/support.ts';

/** The screen over a real store whose threads are read only when the test lets them. */
async function openHeld() {
  const { chat, clock, fake, store } = await openChat();
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
  return { fake, open, readAgain, texts };
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
