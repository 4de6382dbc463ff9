import { expect, onTestFinished, test, vi } from 'vitest';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { OpenConversation } from '#state/open-conversation.svelte.ts';
import { FindInConversation } from '#state/find-in-conversation.svelte.ts';

/** A conversation on the screen with these texts, `c/0` first. */
function openWith(
  texts: readonly string[],
  changes: Partial<Message> = {},
  title: string | null = null,
): FindInConversation {
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
      ...changes,
    }),
  );
  const open = {
    conversation: { id: toConversationId('c'), title },
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

test.each([
  ['feedback', 'helpful', { feedback: 'very helpful' }, null],
  [
    'attachment',
    'report',
    { attachments: [{ id: 'f', name: 'report.pdf', mediaType: 'application/pdf', sizeBytes: 1 }] },
    null,
  ],
  ['title', 'clay', {}, 'Jars of clay'],
  ['title', 'ㄱㅅ', {}, '검색 화면'],
] as const)(
  'says that it stands in the %s what a search for %s found',
  async (place, query, changes, title) => {
    const find = openWith(['a jar', 'a lid'], changes, title);
    expect(await find.begin({ query, messageId: 'c/1' })).toMatchObject({ messageId: 'c/1' });
    expect(find.elsewhere).toBe(place);
    expect(find.count).toBe(0);
    // What is asked by hand next is another matter.
    await find.ask('jar');
    expect(find.elsewhere).toBeUndefined();
  },
);

test('what was found by meaning is a passage, read as it is rendered, and no word of it is looked for', async () => {
  const content = 'Before it. **Use** the `jar` slowly. After it.';
  const find = openWith(['the question', content], { role: 'assistant' });
  const stretch = [content.indexOf('**Use'), content.indexOf(' After')] as const;
  expect(await find.begin({ query: '', messageId: 'c/1', stretch })).toMatchObject({
    messageId: 'c/1',
    fromEnd: 1,
  });
  expect(find.passage).toBe('Use the jar slowly.');
  expect(find.needles).toEqual([]);
});

test('a step that is not shown by itself is found', async () => {
  const find = openWith(['a jar'], { metadata: { hidden: true } });
  await find.ask('jar');
  expect(find.current).toMatchObject({ messageId: 'c/0', nth: 0 });
});
