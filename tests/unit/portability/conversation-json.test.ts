import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import type { NativeConversation } from '#domain/imported.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { writeConversationJson } from '#portability/conversation-json.ts';
import { onggiJson } from '#portability/formats/onggi-json.ts';
import { anyConversation, joinPieces } from '../../support/conversation-arbitrary.ts';
import type { RandomConversation } from '../../support/conversation-arbitrary.ts';

const CONTEXT = { fileName: 'a.json', fileDate: 5, companions: new Map<string, unknown>() };
const APP = { appVersion: '0.1.0' };

const id = (seq: number) => toMessageId(`m${seq}`);

function createNode(seq: number, parent: number | null, fields: Partial<Message> = {}): Message {
  return createMessage({
    id: id(seq),
    conversationId: toConversationId('c'),
    sessionId: toSessionId('s'),
    parentId: parent === null ? null : id(parent),
    seq,
    role: seq % 2 ? 'assistant' : 'user',
    content: `옹기 ${seq}`,
    timestamp: 1_763_796_623_123 + seq,
    ...fields,
  });
}

const whole = (messages: readonly Message[], leaf: number): RandomConversation => ({
  conversation: createConversation({
    id: toConversationId('c'),
    sessionId: toSessionId('s'),
    createdAt: 1_763_796_623_123,
    title: '옹기',
    activeLeafId: id(leaf),
    lastSeq: messages.length - 1,
  }),
  messages,
});

const write = (given: RandomConversation): Promise<string> =>
  joinPieces(writeConversationJson(given, APP));

function readBack(text: string): NativeConversation {
  const [item] = onggiJson.read(JSON.parse(text), CONTEXT);
  if (item?.kind !== 'native') throw new Error(`read ${item?.kind}`);
  return item.native;
}

describe('conversation JSON', () => {
  it('has the keys of the specification in its order, ours after them', async () => {
    const text = await write(whole([createNode(0, null)], 0));
    const file = JSON.parse(text) as Record<string, unknown>;
    expect(Object.keys(file)).toEqual([
      ...['conversation_id', 'session_id', 'title', 'created_at', 'updated_at', 'status'],
      ...['summary', 'tags', 'message_count', 'total_tokens', 'messages', 'metadata'],
      ...['format', 'format_version', 'app_version', 'active_leaf_id', 'branch_messages'],
    ]);
    const [message] = file['messages'] as Record<string, unknown>[];
    expect(Object.keys(message ?? {})).toEqual([
      ...['message_id', 'session_id', 'role', 'content', 'timestamp', 'token_count'],
      ...['model_used', 'temperature', 'response_time', 'rating', 'feedback', 'attachments'],
      ...['metadata', 'parent_id', 'seq', 'status'],
    ]);
    expect(message?.['timestamp']).toBe('2025-11-22T07:30:23.123+00:00');
  });

  it('is indented by two and leaves Korean as it is', async () => {
    const text = await write(whole([createNode(0, null), createNode(1, 0)], 1));
    expect(text).toBe(JSON.stringify(JSON.parse(text), null, 2));
    expect(text).toContain('"title": "옹기"');
  });

  it('puts the shown branch into messages and the rest behind, parents first', async () => {
    const tree = [createNode(0, null), createNode(1, 0), createNode(2, 0), createNode(3, 2)];
    const file = JSON.parse(await write(whole(tree, 1))) as Record<
      string,
      { message_id: string }[]
    >;
    expect(file['messages']?.map(({ message_id }) => message_id)).toEqual(['m0', 'm1']);
    expect(file['branch_messages']?.map(({ message_id }) => message_id)).toEqual(['m2', 'm3']);
    expect(file['message_count']).toBe(2);
  });

  it('writes a running answer as interrupted', async () => {
    const running = createNode(0, null, { status: 'streaming', streamingSince: 7 });
    const text = await write(whole([running], 0));
    expect(text).toContain('"status": "interrupted"');
    expect(text).not.toContain('streaming');
  });

  it('carries bytes as base64 when asked and gives them back', async () => {
    const bytes = Uint8Array.from({ length: 50_000 }, (_, index) => index % 251);
    const attachments = [
      { id: 'a1', name: '그림.png', mediaType: 'image/png', sizeBytes: bytes.length },
      { id: 'a2', name: 'gone.txt', mediaType: 'text/plain', sizeBytes: 3 },
    ];
    const given = whole([createNode(0, null, { attachments })], 0);
    const readBytes = (wanted: string) => Promise.resolve(wanted === 'a1' ? bytes : undefined);
    const text = await joinPieces(writeConversationJson(given, { ...APP, readBytes }));
    expect(text).toBe(JSON.stringify(JSON.parse(text), null, 2));
    const native = readBack(text);
    expect(native.messages).toEqual(given.messages);
    expect(Object.keys(native.bytesById)).toEqual(['a1']);
    expect(new Uint8Array(native.bytesById['a1'] ?? new ArrayBuffer())).toEqual(bytes);
  });

  it('gives any conversation back whole', async () => {
    await fc.assert(
      fc.asyncProperty(anyConversation, async (given) => {
        const native = readBack(await write(given));
        expect(native.messages).toEqual(given.messages);
        expect(native.conversation).toEqual(given.conversation);
        expect(native.notes).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives the same bytes when written again', async () => {
    await fc.assert(
      fc.asyncProperty(anyConversation, async (given) => {
        const text = await write(given);
        expect(await write(readBack(text))).toBe(text);
      }),
      { numRuns: 200 },
    );
  });

  it('writes a huge message and a long chain', async () => {
    const content = '가나다\n'.repeat(500_000);
    const chain = Array.from({ length: 3000 }, (_, seq) =>
      createNode(seq, seq === 0 ? null : seq - 1),
    );
    const given = whole([...chain, createNode(3000, 2999, { content })], 3000);
    const native = readBack(await write(given));
    expect(native.messages).toEqual(given.messages);
  });
});
