import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { toConversationId, toEndpointId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import { createAnonymise } from '#portability/anonymise.ts';
import type { AnonymiseOptions } from '#portability/anonymise.ts';
import type { WholeConversation } from '#portability/conversation-fields.ts';
import { writeConversationJson } from '#portability/conversation-json.ts';
import { onggiJson } from '#portability/formats/onggi-json.ts';
import { addToMaskingPreview, createMaskingPreview } from '#portability/preview-masking.ts';
import { anyConversation, joinPieces } from '../../support/conversation-arbitrary.ts';

const ID = '5f0c2a7e-1b1d-4f7e-9a55-0c7f8e6d5b4a';
const OTHER = '6f0c2a7e-1b1d-4f7e-9a55-0c7f8e6d5b4a';
const M0 = '7f0c2a7e-1b1d-4f7e-9a55-0c7f8e6d5b4a';
const M1 = '8f0c2a7e-1b1d-4f7e-9a55-0c7f8e6d5b4a';
const FILE = '9f0c2a7e-1b1d-4f7e-9a55-0c7f8e6d5b4a';
const SECRETS = [
  'kim@example.com',
  '010-1234-5678',
  'sk-proj-abcdefghij0123456789',
  '4111 1111 1111 1111',
  '900101-1234567',
];
const TEXT = `옹기: ${SECRETS.join(', ')}; see ${OTHER} and ${M0.toUpperCase()}`;

const whole = {
  conversation: createConversation({
    id: toConversationId(ID),
    sessionId: toSessionId('session-of-kim'),
    createdAt: Date.UTC(2026, 10, 22, 7, 30),
    title: TEXT,
    titleOrigin: 'person',
    summary: TEXT,
    tags: [TEXT],
    systemPrompt: TEXT,
    chatModel: '/home/kim@example.com/model.gguf',
    source: 'chatgpt',
    sourceId: 'conversation-of-kim',
    endpointId: toEndpointId('endpoint-of-kim'),
    activeLeafId: toMessageId(M1),
    lastSeq: 1,
    metadata: { source_id: 'gizmo-of-kim', [SECRETS[0] ?? '']: TEXT, createTime: 1_763_796_623.5 },
  }),
  messages: [M0, M1].map((id, seq) =>
    createMessage({
      id: toMessageId(id),
      conversationId: toConversationId(ID),
      sessionId: toSessionId('session-of-kim'),
      parentId: seq === 0 ? null : toMessageId(M0),
      seq,
      role: seq === 0 ? 'user' : 'assistant',
      content: TEXT,
      reasoning: TEXT,
      feedback: TEXT,
      timestamp: Date.UTC(2026, 10, 22, 7, 30, seq),
      endpointId: toEndpointId('endpoint-of-kim'),
      modelUsed: TEXT,
      attachments: [{ id: FILE, name: 'kim.png', mediaType: 'image/png', sizeBytes: 3 }],
      parts: [
        { type: 'x', text: TEXT, user_agent: 'browser-of-kim', replyTo: M0, file_id: FILE },
        { type: 'image', url: 'data:image/png;base64,a2lt' },
      ],
      error: { code: 'provider/offline', detail: TEXT },
      metadata: { nested: [{ userName: 'kim', deep: [TEXT] }], sent_at: '2026-11-22T07:30:00Z' },
    }),
  ),
} satisfies WholeConversation;

const MOST: AnonymiseOptions = { dropsTitles: false, dropsFeedback: false, cutsTimes: true };

const createOne = (options: AnonymiseOptions) =>
  createAnonymise(options, {
    createId: () => crypto.randomUUID(),
    conversationIds: [ID, OTHER],
  });

const write = (options: AnonymiseOptions): Promise<string> =>
  joinPieces(writeConversationJson(createOne(options)(whole), { appVersion: '0.1.0' }));

const UUIDS = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

describe('anonymised export', () => {
  it('holds no id, address, number or key of the original', async () => {
    const text = await write(MOST);
    const gone = [
      ID,
      OTHER,
      M0,
      M0.toUpperCase(),
      M1,
      FILE,
      ...SECRETS,
      'of-kim',
      'kim.png',
      'a2lt',
    ];
    for (const one of gone) expect(text).not.toContain(one);
    expect(text).not.toMatch(/"kim"|T07:30|1763796623/);
    expect(text).toContain('[email], [phone], [key], [card], [resident-number]');
    expect(text).toContain('옹기');
  });

  it('shares no id with another export of the same', async () => {
    const first = new Set((await write(MOST)).match(UUIDS));
    const second = (await write(MOST)).match(UUIDS) ?? [];
    expect(first.size).toBeGreaterThan(4);
    expect(second.filter((id) => first.has(id))).toEqual([]);
  });

  it('keeps references, within a conversation and to another', () => {
    const anonymise = createOne(MOST);
    const { conversation, messages } = anonymise(whole);
    expect(conversation.activeLeafId).toBe(messages[1]?.id);
    expect(messages[1]?.parentId).toBe(messages[0]?.id);
    expect(messages[0]?.conversationId).toBe(conversation.id);
    expect(messages[0]?.content).toContain(messages[0]?.id);
    expect(messages[0]?.parts[0]).toMatchObject({
      replyTo: messages[0]?.id,
      file_id: messages[0]?.attachments[0]?.id,
      user_agent: null,
    });
    const other = anonymise({
      conversation: { ...whole.conversation, id: toConversationId(OTHER) },
      messages: [],
    });
    expect(messages[0]?.content).toContain(other.conversation.id);
  });

  it('drops titles, feedback and hours only when asked', () => {
    const kept = createOne({ dropsTitles: false, dropsFeedback: false, cutsTimes: false })(whole);
    expect(kept.conversation.title).toContain('옹기');
    expect(kept.messages[0]?.feedback).toContain('옹기');
    expect(kept.messages.map(({ timestamp }) => timestamp)).toEqual(
      whole.messages.map(({ timestamp }) => timestamp),
    );
    const dropped = createOne({ dropsTitles: true, dropsFeedback: true, cutsTimes: true })(whole);
    expect(dropped.conversation).toMatchObject({ title: null, tags: [] });
    expect(dropped.messages.map(({ feedback }) => feedback)).toEqual([null, null]);
    expect(dropped.messages.map(({ timestamp, seq }) => [timestamp, seq])).toEqual([
      [Date.UTC(2026, 10, 22), 0],
      [Date.UTC(2026, 10, 22), 1],
    ]);
  });

  it('gives files that read back as whole conversations, whatever they hold', async () => {
    await fc.assert(
      fc.asyncProperty(anyConversation, async (given) => {
        const anonymised = createOne(MOST)(given);
        const text = await joinPieces(writeConversationJson(anonymised, { appVersion: '1' }));
        const [item] = onggiJson.read(JSON.parse(text), {
          fileName: '',
          fileDate: 0,
          companions: new Map(),
        });
        if (item?.kind !== 'native') throw new Error('not read');
        expect(item.native.messages).toEqual(anonymised.messages);
        const ids = [given.conversation, ...given.messages].map(({ id }) => id);
        for (const id of ids) expect(text).not.toContain(id);
      }),
      { numRuns: 200 },
    );
  });

  it('holds nothing by which a conversation is known again, and no instant under whatever name', () => {
    const metadata = {
      import_digest: 'a digest of all of it',
      import_latest: Date.UTC(2026, 10, 22, 7, 30, 23, 123),
      import_message_count: 2,
      content_hash: 'another digest',
      gen_started: 1_763_796_623.5,
      reasoning_begin: '2026-11-22T07:30:00.000Z',
      tokens: 123_456,
    };
    const conversation = { ...whole.conversation, metadata };
    const [message] = whole.messages;
    if (!message) throw new Error('no message');
    const { conversation: seen } = createOne(MOST)({
      conversation,
      messages: [{ ...message, metadata }],
    });
    expect(seen.metadata).toEqual({
      import_digest: null,
      import_latest: null,
      import_message_count: null,
      content_hash: null,
      gen_started: '2025-11-22T00:00:00.000+00:00',
      reasoning_begin: '2026-11-22T00:00:00.000+00:00',
      tokens: 123_456,
    });
    expect(createOne({ ...MOST, cutsTimes: false })({ conversation, messages: [] })).toMatchObject({
      conversation: { metadata: { import_latest: null, gen_started: 1_763_796_623.5 } },
    });
  });

  it('says beforehand what will be masked', () => {
    const preview = addToMaskingPreview(createMaskingPreview(), whole);
    // Title, summary, tag, instruction and metadata; of each message its text, reasoning, feedback,
    // model, part, failure and metadata.
    expect(preview.counts.phone).toBe(5 + 2 * 7);
    expect(preview.counts.email).toBe(6 + 2 * 7);
    expect(preview.examples).toContainEqual({
      kind: 'email',
      before: '옹기: ',
      value: 'kim@example.com',
      after: ', 010-1234-5678, sk-proj-abcdefg'.slice(0, 30),
    });
  });
});
