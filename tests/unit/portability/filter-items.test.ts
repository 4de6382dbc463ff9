import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createImportedConversation, createImportedMessage } from '#domain/imported.ts';
import type { ReadItem } from '#domain/imported.ts';
import { createMessage } from '#domain/message.ts';
import { createItemFilter } from '#portability/filter-items.ts';
import { createImportTally } from '#portability/import-tally.ts';
import type { RecognizedFile } from '#portability/recognize-files.ts';
import { detectFormat } from '#portability/detect-format.ts';
import { openFiles } from '#portability/open-files.ts';
import { chatgptConversation, fileOf } from './import-files.ts';

async function anyFile(): Promise<RecognizedFile> {
  const one = fileOf('x.json', [chatgptConversation('c', [{ id: 'a' }])]);
  const [file] = (await openFiles([one])).files;
  const detection = file && (await detectFormat(file));
  if (!file || detection?.kind !== 'json') throw new Error('not recognised');
  return { file, detection, companions: new Map(), findAsset: () => undefined };
}

async function skippedOf(item: ReadItem): Promise<readonly string[]> {
  const tally = createImportTally();
  const wanted = createItemFilter(tally)({ kind: 'item', item, file: await anyFile() });
  const reasons = tally.toPreview([]).skipped.map(({ reason }) => reason);
  expect(wanted === undefined).toBe(reasons.length > 0);
  return reasons;
}

function foreign(count: number): ReadItem {
  const messages = Array.from({ length: count }, (_, index) =>
    createImportedMessage({
      sourceId: `m${index}`,
      parentSourceId: index === 0 ? null : `m${index - 1}`,
      role: 'user',
      content: 'x',
    }),
  );
  const conversation = createImportedConversation({ source: 'chatgpt', sourceId: 'c', messages });
  return { kind: 'conversation', conversation };
}

it('leaves out one that cannot be counted, under its name, and goes on', async () => {
  const file = await anyFile();
  const findAsset = () => {
    throw new RangeError('too many');
  };
  const attachment = { name: 'a.png', mediaType: null, sizeBytes: null, assetKeys: ['a'] };
  const item = foreign(1);
  if (item.kind !== 'conversation') throw new Error('none');
  const messages = item.conversation.messages.map((message) => ({
    ...message,
    attachments: [attachment],
  }));
  const bad = { ...item, conversation: { ...item.conversation, title: 'Bad', messages } } as const;
  const tally = createImportTally();
  const filter = createItemFilter(tally);
  expect(filter({ kind: 'item', item: bad, file: { ...file, findAsset } })).toBeUndefined();
  expect(filter({ kind: 'item', item, file })).toBeDefined();
  expect(tally.toPreview([])).toMatchObject({
    sources: [{ conversationCount: 1 }],
    skipped: [{ reason: 'unreadable_element', count: 1, examples: ['Bad'] }],
  });
});

function native(count: number): ReadItem {
  const [conversationId, sessionId] = [toConversationId('c'), toSessionId('s')];
  const messages = Array.from({ length: count }, (_, index) =>
    createMessage({
      id: toMessageId(`m${index}`),
      conversationId,
      sessionId,
      parentId: index === 0 ? null : toMessageId(`m${index - 1}`),
      seq: index,
      role: 'user',
      content: 'x',
      timestamp: 1,
    }),
  );
  const conversation = createConversation({ id: conversationId, sessionId, createdAt: 1 });
  return { kind: 'native', native: { conversation, messages, bytesById: {}, notes: [] } };
}

describe('createItemFilter', () => {
  it('takes a foreign conversation of 100,000 messages, and none above 200,000', async () => {
    expect(await skippedOf(foreign(100_000))).toEqual([]);
    expect(await skippedOf(foreign(200_001))).toEqual(['too_many_messages']);
  });

  it('refuses no conversation of our own for its length', async () => {
    expect(await skippedOf(native(200_001))).toEqual([]);
  });
});
