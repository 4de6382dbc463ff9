import { expect, onTestFinished, test, vi } from 'vitest';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { OpenConversation } from '#state/open-conversation.svelte.ts';
import { FindInConversation } from '#state/find-in-conversation.svelte.ts';

/** A conversation on the screen with these texts, `c/0` first. */
function openWith(texts: readonly string[]): FindInConversation {
  const messages = texts.map((content, seq) =>
    createMessage({
      id: toMessageId(`c/${seq}`),
      conversationId: toConversationId('c'),
      sessionId: toSessionId('s'),
      parentId: seq === 0 ? null : toMessageId(`c/${seq - 1}`),
      seq,
      role: 'user',
      content,
      timestamp: seq,
      tokenCount: 1,
      isTokenCountEstimated: true,
    }),
  );
  const open = {
    conversation: { id: toConversationId('c') },
    keeping: 'stored',
    readShownBranch: () => Promise.resolve(messages),
    shown: (message: Message) => message,
  } as unknown as OpenConversation;
  return new FindInConversation(open, () => Promise.resolve(undefined));
}

test('without a place on the screen or below, the nearest above is shown, not the first of all', async () => {
  const find = openWith(['jar', 'jar and jar', 'clay', 'fire']);
  await find.ask('jar', 'c/2');
  expect(find.position).toBe(3);
  expect(find.current).toMatchObject({ messageId: 'c/1', nth: 1 });
  await find.ask('jar');
  expect(find.position).toBe(1);
});

test('when all places of the last message lie above the screen, its last one is shown', async () => {
  const find = openWith(['jar', 'jar, jar']);
  await find.ask('jar', 'c/1');
  find.skipTo(Infinity);
  expect(find.position).toBe(3);
  // Past those of a message that is not the last comes the next message.
  await find.ask('jar', 'c/0');
  find.skipTo(Infinity);
  expect(find.position).toBe(2);
});

test('where the words stand together is looked for in the message that was asked for alone', async () => {
  const texts = ['a red jar', `red ${'- '.repeat(200)} a red jar`, 'the red jar'];
  const find = openWith(texts);
  // Each place is cut out of its text there, and nowhere else.
  const slice = vi.spyOn(String.prototype, 'slice');
  onTestFinished(() => slice.mockRestore());
  const cutTexts = (): string[] => {
    const contexts = slice.mock.contexts.map(String);
    return [...new Set(contexts)].filter((text) => texts.includes(text));
  };
  await find.ask('red jar');
  await find.ask('red jars');
  expect(cutTexts()).toEqual([]);
  await find.begin({ query: 'red jar', messageId: 'c/1' });
  expect(cutTexts()).toEqual([texts[1]]);
  expect(find.current).toMatchObject({ messageId: 'c/1', nth: 1 });
});
