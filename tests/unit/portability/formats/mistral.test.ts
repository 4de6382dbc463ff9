import { describe, expect, it } from 'vitest';
import { mistral } from '#portability/formats/mistral.ts';
import {
  expectToSurviveMangling,
  messageOf,
  readAll,
  readOne,
  sampleOf,
  treeOf,
} from '../../../support/import-formats.ts';
import { onlyConversation, readFile } from '../../../support/read-format.ts';

type Json = Record<string, unknown>;

function message(id: string, role: string, second: number, more: Json = {}): Json {
  return {
    id,
    version: 0,
    chatId: 'c1',
    role,
    content: `${id} 안녕`,
    contentChunks: [],
    createdAt: `2026-01-01T00:00:0${second}.000Z`,
    files: [],
    reaction: 'neutral',
    ...more,
  };
}

const CALL = { type: 'tool_call', name: 'web_search' };
const FILE = [
  message('m1', 'user', 1, {
    contentChunks: [
      { type: 'text', text: '  # 고추장은 ' },
      { type: 'text', text: '어떻게 만드나요?' },
      { type: 'image_url', imageUrl: { url: 'data:image/jpeg;base64,AA' } },
      { type: 'image_url', image_url: 'https://x.example/a/b.png?x=1' },
    ],
    files: [{ type: 'pdf', name: '메모.pdf' }, null],
  }),
  null,
  message('m2', 'assistant', 2, {
    contentChunks: [
      { type: 'text', text: 'Mix' },
      CALL,
      { type: 'reference', title: 'A', url: 'https://a.example' },
      { type: 'hologram' },
      null,
    ],
    reaction: 'like',
    model: 'mistral-large',
  }),
];

it('recognises a list of messages of a chat and nothing else', () => {
  expect(mistral.matches(sampleOf(FILE, 'chat-1.json'))).toBe(true);
  const [one] = FILE;
  for (const file of [
    null,
    'x',
    [],
    {},
    one,
    [{ chatId: 'x' }],
    [{ role: 'user', content: 'x' }],
  ]) {
    expect(mistral.matches(sampleOf(file))).toBe(false);
  }
});

describe('a chat', () => {
  it('is a chain whose title is the first words of the first prompt', () => {
    const read = readOne(mistral, FILE);
    expect(treeOf(read)).toEqual(['m1<', 'm2<m1']);
    expect(read).toMatchObject({
      sourceId: 'c1',
      title: '고추장은 어떻게 만드나요?',
      createdAt: Date.UTC(2026, 0, 1, 0, 0, 1),
      notes: ['unknown_block'],
    });
    expect(messageOf(read, 'm1').attachments).toEqual([
      {
        name: 'image.jpeg',
        mediaType: 'image/jpeg',
        sizeBytes: null,
        assetKeys: [],
        dataUrl: 'data:image/jpeg;base64,AA',
      },
      {
        name: 'b.png',
        mediaType: null,
        sizeBytes: null,
        assetKeys: ['chat-c1-files/b.png'],
      },
      {
        name: '메모.pdf',
        mediaType: null,
        sizeBytes: null,
        assetKeys: ['chat-c1-files/메모.pdf'],
      },
    ]);
    expect(messageOf(read, 'm2')).toMatchObject({
      content: 'Mix',
      rating: 5,
      modelUsed: 'mistral-large',
      metadata: {
        source_rating: 'like',
        citations: [{ title: 'A', url: 'https://a.example', text: null }],
      },
    });
    expect(messageOf(read, 'm2').parts).toEqual([
      CALL,
      { type: 'reference', title: 'A', url: 'https://a.example' },
      { type: 'hologram' },
    ]);
  });

  it('keeps the address of a picture that lies elsewhere, and a picture without one', () => {
    const linked = { type: 'image_url', imageUrl: 'https://x.example/b.png' };
    const odd = { type: 'image_url', imageUrl: { id: 7 } };
    const chunks = (...contentChunks: Json[]) =>
      readOne(mistral, [message('m1', 'user', 1, { contentChunks })]);
    const both = chunks(linked, odd);
    expect(both.messages[0]?.parts).toEqual([linked, odd]);
    expect(both.messages[0]?.attachments).toMatchObject([{ name: 'b.png' }]);
    expect(both.notes).toContain('unknown_block');
    expect(chunks(linked).notes).not.toContain('unknown_block');
  });

  it('has its files where its file says, too', () => {
    const file = [message('m1', 'user', 1, { chatId: null, files: [{ name: 'a.png' }] })];
    const keys = (fileName: string) =>
      onlyConversation(readFile(mistral, file, { fileName })).messages[0]?.attachments[0]
        ?.assetKeys;
    expect(keys('x.zip/Chat-7.json')).toEqual(['Chat-7-files/a.png']);
    expect(keys('x.zip/other.json')).toEqual([]);
  });

  it('takes the flat content where the chunks say nothing', () => {
    const read = readOne(mistral, [message('m1', 'user', 1), message('m2', 'assistant', 2)]);
    expect(read.messages.map(({ content }) => content)).toEqual(['m1 안녕', 'm2 안녕']);
  });

  it('keeps another version of a message as its sibling', () => {
    const read = readOne(mistral, [
      message('m1', 'user', 1),
      message('m2', 'assistant', 2),
      message('m2', 'assistant', 3, { version: 1, content: 'again' }),
      message('m2', 'assistant', 3, { version: 1, content: 'and again' }),
      message('m3', 'user', 4),
    ]);
    expect(treeOf(read)).toEqual(['m1<', 'm2<m1', 'm2:v1<m1', 'm2:v1:3<m1', 'm3<m2:v1:3']);
    expect(read.activeLeafSourceId).toBe('m3');
  });

  it('follows parents where messages name them', () => {
    const read = readOne(mistral, [
      message('m1', 'user', 1),
      message('m2', 'assistant', 2),
      message('m3', 'assistant', 3, { parentId: 'm1' }),
    ]);
    expect(treeOf(read)).toEqual(['m1<', 'm2<m1', 'm3<m1']);
  });

  it('is kept apart from others in the same file', () => {
    const items = readAll(mistral, [
      message('m1', 'user', 1),
      message('x1', 'user', 2, { chatId: 'c2' }),
    ]);
    expect(items.map((item) => item.kind === 'conversation' && item.conversation.sourceId)).toEqual(
      ['c1', 'c2'],
    );
  });
});

it('says that a file without a message is empty', () => {
  for (const file of [[], [null], 'x', null]) {
    expect(readAll(mistral, file)).toEqual([
      { kind: 'skipped', reason: 'empty_conversation', label: null },
    ]);
  }
});

it('survives every field being of the wrong type', () => {
  expectToSurviveMangling(mistral, FILE);
});
