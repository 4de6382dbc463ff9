import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { MAX_FIELD_CHARACTERS } from '#domain/file-fields.ts';
import { writeMessage } from '#domain/file-rows.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import type { ReadItem } from '#domain/imported.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { MAX_ELEMENT_CHARACTERS } from '#files/limits.ts';
import { withBoundedExtras } from '#portability/bounded-extras.ts';
import { countEscaped, isAbove } from '#portability/deep-values.ts';
import { refusalOf } from '#portability/item-refusal.ts';
import type { ConversationItem } from '#portability/item-refusal.ts';
import { openFiles } from '#portability/open-files.ts';
import { readImports } from '#portability/read-imports.ts';
import { recognizeFiles } from '#portability/recognize-files.ts';
import { chatgptConversation, fileOf } from './import-files.ts';

function nativeOf(fields: Partial<Message>): ConversationItem {
  const [conversationId, sessionId] = [toConversationId('c'), toSessionId('s')];
  const message = createMessage({
    id: toMessageId('m'),
    conversationId,
    sessionId,
    parentId: null,
    seq: 0,
    role: 'assistant',
    content: 'x',
    timestamp: 1,
    ...fields,
  });
  const conversation = createConversation({ id: conversationId, sessionId, createdAt: 1 });
  return {
    kind: 'native',
    native: { conversation, messages: [message], bytesById: {}, notes: [] },
  };
}

/** The message after it was bounded, and what is said of it. */
function bounded(item: ReadItem) {
  const after = withBoundedExtras(item);
  if (after.kind !== 'native') throw new Error(after.kind);
  const [message] = after.native.messages;
  if (!message) throw new Error('no message');
  return { message, notes: after.native.notes };
}

const lengthInBackup = (message: Message) => JSON.stringify(writeMessage(message)).length;

describe('withBoundedExtras', () => {
  it('keeps the beginning of a block that no backup could hold, and what else there is', () => {
    const big = { type: 'tool_result', text: '"'.repeat(6_000_000) };
    const parts = [{ type: 'small' }, big, { type: 'last' }];
    const metadata = { source_id: 'a', citations: [{ title: 'A' }] };
    const { message, notes } = bounded(nativeOf({ parts, metadata }));
    expect(message.metadata).toEqual(metadata);
    expect(message.parts).toEqual([
      { type: 'small' },
      { type: 'tool_result', json: JSON.stringify(big).slice(0, 10_000) },
      { type: 'last' },
    ]);
    expect(notes).toEqual(['extras_cut']);
  });

  it('bounds very many small blocks and values as a whole', () => {
    const metadata = Object.fromEntries(
      Array.from({ length: 300_000 }, (_, at) => [`k${at}`, 'v'.repeat(20)]),
    );
    const parts = Array.from({ length: 300_000 }, (_, at) => ({ type: 'x', at: String(at) }));
    const { message } = bounded(nativeOf({ parts, metadata }));
    expect(JSON.stringify([message.parts, message.metadata]).length).toBeLessThanOrEqual(
      MAX_FIELD_CHARACTERS,
    );
    expect(Object.keys(message.metadata).length).toBeGreaterThan(200_000);
  });

  it('leaves an item alone that has room, up to the last character', () => {
    const most = 'x'.repeat(MAX_FIELD_CHARACTERS - 100);
    const item = nativeOf({ metadata: { most } });
    expect(withBoundedExtras(item)).toBe(item);
  });

  it('is what an import takes', async () => {
    const long = '"'.repeat(6_000_000);
    const said = { id: 'a', parts: [{ content_type: 'strange', long }, 'words'] };
    const file = fileOf('conversations.json', [chatgptConversation('c', [said])]);
    for await (const outcome of readImports(
      (await recognizeFiles(await openFiles([file]))).files,
    )) {
      if (outcome.kind !== 'item' || outcome.item.kind !== 'conversation') throw new Error('none');
      const { messages, notes } = outcome.item.conversation;
      expect(messages.map(({ content }) => content)).toEqual(['words']);
      expect(notes).toContain('extras_cut');
      expect(JSON.stringify(messages[0]?.parts).length).toBeLessThan(100_000);
    }
  });
});

describe('a row that is taken', () => {
  it('is an element that a backup can hold, whatever its texts are made of', () => {
    const long = '\u0001'.repeat(MAX_FIELD_CHARACTERS);
    const room = '"'.repeat(MAX_FIELD_CHARACTERS / 2 - 100);
    const worst = nativeOf({
      content: long,
      reasoning: long.slice(0, 5_000_000),
      metadata: { room },
    });
    expect(refusalOf(worst)).toBeUndefined();
    const { message, notes } = bounded(worst);
    expect(notes).toEqual([]);
    expect(lengthInBackup(message)).toBeLessThan(MAX_ELEMENT_CHARACTERS);
    expect(refusalOf(nativeOf({ content: long, reasoning: long }))).toBe('too_large');
    const plain = 'x'.repeat(MAX_FIELD_CHARACTERS);
    expect(refusalOf(nativeOf({ content: plain, reasoning: plain }))).toBeUndefined();
    expect(refusalOf(nativeOf({ feedback: `${plain}x` }))).toBe('too_large');
  });
});

it('the length of JSON is counted as it is written', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary' }),
      fc.string({
        unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      }),
      (one, other) => {
        for (const text of [one, other, `"${one}\\`, one + other]) {
          expect(countEscaped(text) + 2).toBe(JSON.stringify(text).length);
          const { length } = JSON.stringify({ [text]: [text] });
          expect(isAbove({ [text]: [text] }, length + 8)).toBe(false);
          expect(isAbove({ [text]: [text] }, length - 3)).toBe(true);
        }
      },
    ),
  );
});
