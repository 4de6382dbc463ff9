import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import type { NativeConversation, ReadItem } from '#domain/imported.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { splitBranches } from '#portability/conversation-fields.ts';
import {
  createRandomNonce,
  writeConversationMarkdown,
} from '#portability/conversation-markdown.ts';
import { onggiMarkdown } from '#portability/formats/onggi-markdown.ts';
import { toStorableText } from '#portability/storable-text.ts';
import { anyConversation } from '../../support/conversation-arbitrary.ts';
import type { RandomConversation } from '../../support/conversation-arbitrary.ts';

const CONTEXT = { fileName: 'a.md', fileDate: 5, companions: new Map<string, unknown>() };
const AT = 1_763_796_623_123;

function createChain(
  contents: readonly string[],
  fields: Partial<Message> = {},
): RandomConversation {
  const messages = contents.map((content, seq) =>
    createMessage({
      id: toMessageId(`m${seq}`),
      conversationId: toConversationId('c'),
      sessionId: toSessionId('s'),
      parentId: seq === 0 ? null : toMessageId(`m${seq - 1}`),
      seq,
      role: seq % 2 ? 'assistant' : 'user',
      content,
      timestamp: AT,
      ...fields,
    }),
  );
  const conversation = createConversation({
    id: toConversationId('c'),
    sessionId: toSessionId('s'),
    createdAt: AT,
    title: '옹기',
    activeLeafId: messages.at(-1)?.id ?? null,
    messageCount: messages.length,
    lastSeq: messages.length - 1,
  });
  return { conversation: { ...conversation, titleOrigin: 'person' }, messages };
}

const write = (given: RandomConversation, createNonce = () => 'k3v9x2'): string =>
  [...writeConversationMarkdown(given, { appVersion: '0.1.0', createNonce })].join('');

const readItems = (text: string): ReadItem[] => [...onggiMarkdown.read(text, CONTEXT)];

function read(text: string): NativeConversation {
  const [item] = readItems(text);
  if (item?.kind !== 'native') throw new Error(`read ${item?.kind}`);
  return item.native;
}

/** What Markdown keeps of a conversation: everything but U+0000 and lone surrogates in long texts. */
const asStored = ({ conversation, messages }: RandomConversation): RandomConversation => ({
  conversation,
  messages: messages.map((message) => ({
    ...message,
    content: toStorableText(message.content),
    reasoning: message.reasoning === null ? null : toStorableText(message.reasoning),
  })),
});

describe('conversation Markdown', () => {
  it('has the layout of the specification between its markers', () => {
    const text = write(createChain(['옹기가 뭐야?']));
    const visible = text.replace(/<!-- onggi:.* -->\n/g, '');
    expect(visible).toBe(
      '# 옹기\n\n**Date**: 2025-11-22T07:30:23.123+00:00\n\n' +
        '## User\n\n옹기가 뭐야?\n\n*2025-11-22T07:30:23.123+00:00*\n\n',
    );
    expect(text).toMatch(
      /^<!-- onggi:k3v9x2 conversation \{"format_version":1,"conversation_id":"c"/,
    );
    expect(text).toContain('"length":7');
    expect(text).toContain(
      '\n<!-- onggi:k3v9x2 content -->\n옹기가 뭐야?\n<!-- onggi:k3v9x2 end -->\n',
    );
    expect(text.endsWith('<!-- onggi:k3v9x2 eof {"messages":1} -->\n')).toBe(true);
  });

  it('folds reasoning and gives it back', () => {
    const given = createChain(['a', 'b'], { reasoning: 'first\n</details>\n' });
    expect(write(given)).toContain('<details>\n<summary>Reasoning</summary>\n');
    expect(read(write(given)).messages).toEqual(given.messages);
  });

  it('takes a nonce that occurs in no text of the file', () => {
    const given = createChain(['x onggi:aaaaaa y', 'b'], {
      reasoning: 'onggi:bbbbbb',
      feedback: 'onggi:cccccc',
    });
    const nonces = ['aaaaaa', 'bbbbbb', 'cccccc', 'dddddd'];
    const text = write(given, () => nonces.shift() ?? '');
    expect(text.startsWith('<!-- onggi:dddddd ')).toBe(true);
    expect(createRandomNonce()).toMatch(/^[a-z0-9]{6}$/);
  });

  it('keeps comments closed whatever the fields hold', () => {
    const given = createChain(['a']);
    const title = '--> <script>alert(1)</script> --- <!-- & -';
    const text = write({ ...given, conversation: { ...given.conversation, title } });
    const [marker = ''] = text.split('\n');
    expect(marker.indexOf('-->')).toBe(marker.length - 3);
    expect(marker.slice(4, -4)).not.toContain('--');
    expect(read(text).conversation.title).toBe(title);
  });

  it('gives the shown branch back, and the whole tree when it holds it', () => {
    fc.assert(
      fc.property(anyConversation, fc.boolean(), (given, isWhole) => {
        const messages = isWhole ? given.messages : splitBranches(given).path;
        const native = read(write({ ...given, messages }, createRandomNonce));
        expect(native.messages).toEqual(asStored({ ...given, messages }).messages);
        expect(native.notes).toEqual([]);
        const { messageCount, totalTokens, lastSeq, ...said } = native.conversation;
        expect(given.conversation).toMatchObject(said);
        expect(messageCount).toBe(messages.length);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps texts that look like its own layout', () => {
    const contents = [
      '<!-- onggi:k3v9x3 end -->\n\n*2026*\n\n<!-- onggi:k3v9x3 eof {"messages":1} -->',
      '# 옹기\n\n## User\n\n<!-- onggi:k3v9x3 content -->',
      '```\n## Assistant\n',
      'a\r\nb\rc\n',
      '\n\n\n',
      '',
      ' -->',
    ];
    expect(read(write(createChain(contents))).messages.map(({ content }) => content)).toEqual(
      contents,
    );
  });

  it('reads a file whose lines were all turned into CRLF', () => {
    const given = createChain(['one\ntwo', '', 'three\n']);
    const native = read(write(given).replaceAll('\n', '\r\n'));
    expect(native.messages).toEqual(given.messages);
    expect(native.notes).toEqual([]);
  });

  it('takes what was edited by hand as it is, and says so', () => {
    const text = write(createChain(['one', 'two']));
    const edited = read(text.replace('\ntwo\n', '\ntwo and a half\n'));
    expect(edited.messages.map(({ content }) => content)).toEqual(['one', 'two and a half']);
    expect(edited.notes).toEqual(['edited_by_hand']);
  });

  it('takes the text up to the next marker when an end was deleted', () => {
    const text = write(createChain(['one', 'two']));
    const native = read(text.replace('\n<!-- onggi:k3v9x2 end -->', ''));
    expect(native.messages[0]?.content).toContain('one');
    expect(native.messages[1]?.content).toBe('two');
    expect(native.notes).toContain('edited_by_hand');
  });

  it('closes the gap when a message was deleted', () => {
    const text = write(createChain(['one', 'two', 'three']));
    const start = text.indexOf('<!-- onggi:k3v9x2 message {"message_id":"m1"');
    const end = text.indexOf('<!-- onggi:k3v9x2 message {"message_id":"m2"');
    const native = read(text.slice(0, start) + text.slice(end));
    expect(native.messages.map(({ id, parentId }) => [id, parentId])).toEqual([
      ['m0', null],
      ['m2', 'm0'],
    ]);
    expect(native.notes).toEqual(expect.arrayContaining(['file_cut', 'tree_repaired']));
  });

  it('reads the role from the heading when a marker cannot be read', () => {
    const text = write(createChain(['one', 'two'])).replace(
      'message {"message_id":"m1"',
      'message {"mess',
    );
    const native = read(text);
    expect(native.messages.map(({ role, content }) => [role, content])).toEqual([
      ['user', 'one'],
      ['assistant', 'two'],
    ]);
    expect(native.notes).toContain('edited_by_hand');
  });

  it('takes the whole messages of a file that was cut anywhere', () => {
    const given = createChain(['one', '둘\n<!-- onggi:', 'three', 'four'], { reasoning: 'why' });
    const text = write(given);
    for (let cut = 0; cut < text.length; cut += Math.ceil(text.length / 70)) {
      for (const item of readItems(text.slice(0, cut))) {
        if (item.kind !== 'native') continue;
        const { messages, notes, conversation } = item.native;
        expect(messages).toEqual(given.messages.slice(0, messages.length));
        expect(notes).toContain('file_cut');
        expect(conversation.activeLeafId).toBe(messages.at(-1)?.id ?? null);
      }
    }
    const sevenths = [1, 2, 3, 4, 5, 6].map((n) => text.slice(0, (text.length * n) / 7));
    expect(sevenths.flatMap(readItems).filter(({ kind }) => kind === 'native').length).toBe(6);
  });

  it('reads a huge text of nothing but markers in no time', () => {
    const text = write(createChain(['x'])).replace(
      '\nx\n',
      `\n${'<!-- onggi:k3v9x2 '.repeat(200_000)}\n`,
    );
    expect(read(text).notes.length).toBeGreaterThan(0);
  });

  it('refuses a newer file', () => {
    const text = write(createChain(['x'])).replace('"format_version":1', '"format_version":2');
    expect(() => readItems(text)).toThrow(expect.objectContaining({ code: 'file/newer-version' }));
  });
});
