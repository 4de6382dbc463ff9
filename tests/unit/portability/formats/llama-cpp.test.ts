import { describe, expect, it } from 'vitest';
import { llamaCppFormat, llamaCppLinesFormat } from '#portability/formats/llama-cpp.ts';
import {
  conversationsOf,
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  pathTo,
  readFile,
  sampleOf,
} from '../../../support/read-format.ts';

const CONV = { id: 'c1', name: '옹기 🏺', lastModified: 1700000009000, currNode: 'a2' };
const MESSAGES = [
  {
    id: 'root',
    convId: 'c1',
    type: 'root',
    role: 'system',
    content: '',
    parent: null,
    children: ['u1'],
    timestamp: 1700000000000,
  },
  {
    id: 'u1',
    convId: 'c1',
    type: 'text',
    role: 'user',
    content: 'Q',
    parent: 'root',
    children: ['a1', 'a2'],
    timestamp: 1700000001000,
    extra: [
      { type: 'IMAGE', name: 'pot.png', base64Url: 'data:image/png;base64,AA==' },
      { type: 'PDF', name: 'pot.pdf', base64Data: 'JVBERi0=', content: 'the text' },
      { type: 'TEXT', name: 'a.txt', content: 'words' },
    ],
  },
  {
    id: 'a1',
    convId: 'c1',
    type: 'text',
    role: 'assistant',
    content: 'First',
    parent: 'u1',
    children: [],
    timestamp: 1700000002000,
  },
  {
    id: 'a2',
    convId: 'c1',
    type: 'text',
    role: 'assistant',
    content: 'Second',
    reasoningContent: 'hmm',
    parent: 'u1',
    children: [],
    timestamp: 1700000003000,
    model: 'qwen',
    timings: { prompt_n: 5, prompt_ms: 10, predicted_n: 6, predicted_ms: 90.4 },
    toolCalls: '[{"id":"t1"}]',
  },
];
const JSON_FILE = [{ conv: CONV, messages: MESSAGES }];
const LINES = [
  { type: 'session', harness: 'llama.app', ...CONV },
  ...MESSAGES.map((message) => ({ type: 'message', message })),
  { type: 'future', x: 1 },
  { type: 'session', harness: 'llama.app', id: 'c2', name: 'Two' },
  {
    type: 'message',
    message: { id: 'x', convId: 'c2', role: 'user', content: 'Hi', timestamp: 1700000000000 },
  },
];

describe('llamaCppFormat', () => {
  it('knows both shapes', () => {
    expect(llamaCppFormat.matches(sampleOf(JSON_FILE))).toBe(true);
    expect(llamaCppFormat.matches(sampleOf(JSON_FILE[0]))).toBe(true);
    expect(llamaCppLinesFormat.matches(sampleOf(LINES, true))).toBe(true);
    expect(llamaCppLinesFormat.matches(sampleOf(JSON_FILE))).toBe(false);
  });

  it('reads the tree, its files and figures, and leaves the root out', () => {
    const items = readFile(llamaCppFormat, JSON_FILE);
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation).toMatchObject({
      sourceId: 'c1',
      title: '옹기 🏺',
      activeLeafSourceId: 'a2',
    });
    expect(pathTo(conversation, 'a2')).toEqual(['Q', 'Second']);
    expect(pathTo(conversation, 'a1')).toEqual(['Q', 'First']);
    expect(conversation.notes).toEqual([]);
    const [question, , answer] = conversation.messages;
    expect(question?.attachments).toMatchObject([
      { name: 'pot.png', mediaType: 'image/png' },
      {
        name: 'pot.pdf',
        mediaType: 'application/pdf',
        dataUrl: 'data:application/pdf;base64,JVBERi0=',
        text: 'the text',
      },
      { name: 'a.txt', text: 'words' },
    ]);
    expect(answer).toMatchObject({
      reasoning: 'hmm',
      modelUsed: 'qwen',
      promptTokens: 5,
      completionTokens: 6,
      responseTimeMs: 100,
      parts: [{ id: 't1' }],
    });
  });

  it('reads several sessions of lines as the older JSON', () => {
    const [first, second] = conversationsOf(readFile(llamaCppLinesFormat, LINES));
    expect(first).toEqual(onlyConversation(readFile(llamaCppFormat, JSON_FILE)));
    expect(second).toMatchObject({ sourceId: 'c2', title: 'Two' });
  });

  it.each([true, false, null])('keeps the pin %j of both shapes', (pinned) => {
    const conv = pinned === null ? CONV : { ...CONV, pinned };
    const [line, ...others] = LINES;
    const files = [
      readFile(llamaCppFormat, [{ conv, messages: MESSAGES }]),
      readFile(llamaCppLinesFormat, [{ ...line, ...conv }, ...others]),
    ];
    expect(files.map((items) => conversationsOf(items)[0]?.isPinned)).toEqual([pinned, pinned]);
  });

  it('does not mix two sessions when the header between them is lost', () => {
    const said = (convId: string, id: string) => ({
      type: 'message',
      message: { id, convId, role: 'user', content: `said ${id}`, timestamp: 1700000000000 },
    });
    const items = readFile(llamaCppLinesFormat, [
      { type: 'session', id: 'c1', name: 'One' },
      said('c1', 'a'),
      said('c2', 'b'),
      { type: 'session', id: 'c3', name: 'Three' },
      said('c3', 'c'),
    ]);
    const read = conversationsOf(items).map(({ sourceId, messages }) => [
      sourceId,
      messages.map(({ content }) => content),
    ]);
    expect(read).toEqual([
      ['c1', ['said a']],
      ['c2', ['said b']],
      ['c3', ['said c']],
    ]);
  });

  it('guesses the end of the branch when the named one does not exist', () => {
    const conversation = onlyConversation(
      readFile(llamaCppFormat, [{ conv: { ...CONV, currNode: 'gone' }, messages: MESSAGES }]),
    );
    expect(conversation.activeLeafSourceId).toBeNull();
    expect(conversation.notes).toContain('leaf_guessed');
  });

  it('does not parse calls that nest without end', () => {
    const message = {
      ...MESSAGES[3],
      parent: null,
      toolCalls: '['.repeat(200_000) + ']'.repeat(200_000),
    };
    const items = readFile(llamaCppFormat, [{ conv: CONV, messages: [message] }]);
    expectWellFormed(items);
    expect(onlyConversation(items).messages[0]?.parts).toEqual([]);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(llamaCppFormat, JSON_FILE);
    expectSurvivesMangling(llamaCppLinesFormat, LINES);
  });
});
