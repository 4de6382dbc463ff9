import { describe, expect, it } from 'vitest';
import { aiStudioFormat } from '#portability/formats/ai-studio.ts';
import {
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  readFile,
  sampleOf,
  spoken,
} from '../../../support/read-format.ts';

const FILE = {
  runSettings: {
    model: 'models/gemini-2.5-pro',
    temperature: 1,
    topP: 0.95,
    topK: 64,
    maxOutputTokens: 8192,
  },
  systemInstruction: { parts: [{ text: 'Be kind.' }] },
  chunkedPrompt: {
    chunks: [
      { text: '옹기가 뭐야? 🏺', role: 'user', tokenCount: 9, createTime: '2026-03-04T05:06:07Z' },
      { driveImage: { id: 'drive1' }, role: 'user', tokenCount: 258 },
      { inlineData: { mimeType: 'image/png', data: 'iVBORw0KGgo=' }, role: 'user' },
      { text: 'Thinking of jars.', role: 'model', isThought: true, tokenCount: 50 },
      {
        text: '항아리',
        role: 'model',
        finishReason: 'STOP',
        tokenCount: 20,
        parts: [{ text: 'more thoughts', thought: true }, { text: '항' }, { text: '아리' }],
      },
      { role: 'model', executableCode: { language: 'PYTHON', code: 'print(1)' } },
      { text: 'left over', role: 'model', isThought: true },
    ],
    pendingInputs: [{ text: '', role: 'user' }],
  },
};

describe('aiStudioFormat', () => {
  it('reads chunks, thoughts, settings and files', () => {
    expect(aiStudioFormat.matches(sampleOf(FILE))).toBe(true);
    const items = readFile(aiStudioFormat, FILE, { fileName: 'Drive/Jars and pots' });
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation).toMatchObject({
      title: 'Jars and pots',
      chatModel: 'gemini-2.5-pro',
      temperature: 1,
      systemPrompt: 'Be kind.',
      isSourceIdDerived: true,
      metadata: { run_settings: { topP: 0.95, topK: 64, maxOutputTokens: 8192 } },
    });
    expect(spoken(conversation)).toEqual([
      'user: 옹기가 뭐야? 🏺',
      'user: ',
      'user: ',
      'assistant: 항아리',
      'assistant: ',
      'assistant: ',
    ]);
    const [question, linked, held, answer, code, thought] = conversation.messages;
    expect(question?.timestamp).toBe(Date.UTC(2026, 2, 4, 5, 6, 7));
    expect(linked?.attachments).toMatchObject([{ name: 'image', assetKeys: ['drive1'] }]);
    expect(held?.attachments).toMatchObject([{ dataUrl: 'data:image/png;base64,iVBORw0KGgo=' }]);
    expect(answer).toMatchObject({
      reasoning: 'Thinking of jars.\n\nmore thoughts',
      finishReason: 'STOP',
      tokenCount: 20,
    });
    expect(code?.parts).toEqual([
      { type: 'executableCode', executableCode: { language: 'PYTHON', code: 'print(1)' } },
    ]);
    expect(thought?.reasoning).toBe('left over');
    expect(conversation.notes).toContain('asset_missing');
  });

  it('gives the prompt the same id when it has grown', () => {
    const id = (file: unknown) => onlyConversation(readFile(aiStudioFormat, file)).sourceId;
    const chunks = [...FILE.chunkedPrompt.chunks, { text: 'more', role: 'user' }];
    expect(id({ ...FILE, chunkedPrompt: { chunks } })).toBe(id(FILE));
  });

  it.each([
    ['thumbs up', { feedback: { rating: 'THUMBS_UP' } }, 5],
    ['a word alone', { feedback: 'good' }, 5],
    ['thumbs down', { feedback: { rating: 'thumbsDown' } }, 1],
    ['a bad word', { feedback: 'NEGATIVE' }, 1],
    ['something else', { feedback: { rating: 'MAYBE' } }, null],
    ['nothing', {}, null],
  ])('takes the rating of %s', (_name, fields, rating) => {
    const chunks = [{ text: 'A', role: 'model', ...fields }];
    const { messages } = onlyConversation(readFile(aiStudioFormat, { chunkedPrompt: { chunks } }));
    expect(messages.map((message) => message.rating)).toEqual([rating]);
    const [answer] = messages;
    expect(answer?.metadata['source_rating']).toEqual(
      'feedback' in fields ? fields.feedback : undefined,
    );
  });

  it('keeps what else stands in a chunk, and what was made while it thought', () => {
    const call = { functionCall: { name: 'fire' } };
    const chunks = [
      { role: 'user', text: 'Q', hologram: { beams: 3 }, driveImage: {}, heat: 7 },
      { role: 'model', isThought: true, text: 'hm', executableCode: { code: '1' } },
      {
        role: 'model',
        text: 'A',
        thoughtSignatures: ['x'],
        parts: [
          { text: 'A', thoughtSignature: 'x' },
          call,
          { inlineData: { mimeType: 'image/png', data: 'AA==' } },
        ],
      },
    ];
    const items = readFile(aiStudioFormat, { chunkedPrompt: { chunks } });
    expectWellFormed(items);
    const { messages, notes } = onlyConversation(items);
    expect(messages).toMatchObject([
      {
        content: 'Q',
        parts: [
          { type: 'hologram', hologram: { beams: 3 } },
          { type: 'driveImage', driveImage: {} },
        ],
        metadata: { source_fields: { heat: 7 } },
      },
      {
        content: 'A',
        reasoning: 'hm',
        parts: [{ type: 'executableCode', executableCode: { code: '1' } }, call],
        attachments: [{ dataUrl: 'data:image/png;base64,AA==' }],
      },
    ]);
    expect(notes).toContain('unknown_block');
  });

  it('gives messages without ids the same ones whatever a thought before them holds', () => {
    const ids = (thought: object) => {
      const chunks = [
        { role: 'model', isThought: true, ...thought },
        { role: 'user', text: 'Q' },
      ];
      const file = { chunkedPrompt: { chunks } };
      return onlyConversation(readFile(aiStudioFormat, file)).messages.map(
        ({ sourceId }) => sourceId,
      );
    };
    expect(ids({ executableCode: { code: '1' } })).toEqual(ids({}));
  });

  it('takes what an answer is grounded on as its sources, which the screen can show', () => {
    const groundingSources = [
      { referenceNumber: 1, title: 'Pots', uri: 'https://pots.example/a' },
      { referenceNumber: 2, uri: 'https://pots.example/b' },
      null,
    ];
    const chunks = [{ text: 'A', role: 'model', grounding: { groundingSources } }];
    const { messages } = onlyConversation(readFile(aiStudioFormat, { chunkedPrompt: { chunks } }));
    const [answer] = messages;
    expect(answer?.metadata['citations']).toEqual([
      { title: 'Pots', url: 'https://pots.example/a', text: null },
      { title: null, url: 'https://pots.example/b', text: null },
    ]);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(aiStudioFormat, FILE);
  });
});
