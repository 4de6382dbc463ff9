import { describe, expect, it } from 'vitest';
import { geminiFormat } from '#portability/formats/gemini.ts';
import { readPrompt } from '#portability/formats/gemini-prompt.ts';
import {
  conversationsOf,
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  readFile,
  sampleOf,
  spoken,
} from '../../../support/read-format.ts';

function record(time: string | undefined, title: string, extra: object = {}): object {
  return {
    header: 'Gemini Apps',
    title,
    ...(time === undefined ? {} : { time }),
    products: ['Gemini Apps'],
    activityControls: ['Gemini Apps Activity'],
    safeHtmlItem: [{ html: `<p>Answer to <b>${title.slice(-1)}</b></p>` }],
    locationInfos: [{ name: 'At this general area', url: 'https://maps/@51.5,secret-place' }],
    ...extra,
  };
}

/** Newest first, as Takeout writes it. */
const FILE = [
  record('2026-03-04T06:00:01.000Z', 'Prompted C'),
  record('2026-03-04T05:30:00.000Z', 'Prompted B'),
  record('2026-03-04T05:06:07.890Z', '프롬프트 옹기 🏺 A'),
];

describe('geminiFormat', () => {
  it('knows records of Gemini in any language, and no others', () => {
    expect(geminiFormat.matches(sampleOf(FILE))).toBe(true);
    expect(geminiFormat.matches(sampleOf([{ ...FILE[0], header: 'Gemini 앱' }]))).toBe(true);
    const youtube = { ...FILE[0], header: 'YouTube', products: ['YouTube'] };
    expect(geminiFormat.matches(sampleOf([youtube]))).toBe(false);
    expect(geminiFormat.matches(sampleOf({}))).toBe(false);
  });

  it('puts records together until 30 minutes pass without one', () => {
    const items = readFile(geminiFormat, FILE);
    expectWellFormed(items);
    const [first, second, ...others] = conversationsOf(items);
    expect(others).toEqual([]);
    expect(first && spoken(first)).toEqual([
      'user: 프롬프트 옹기 🏺 A',
      'assistant: Answer to **A**',
      'user: B',
      'assistant: Answer to **B**',
    ]);
    expect(second && spoken(second)).toEqual(['user: C', 'assistant: Answer to **C**']);
    expect(first).toMatchObject({
      title: '프롬프트 옹기 🏺 A',
      createdAt: Date.UTC(2026, 2, 4, 5, 6, 7, 890),
      isSourceIdDerived: true,
    });
    expect(first?.notes).toEqual(expect.arrayContaining(['grouped_by_time', 'ids_derived']));
    expect(first?.messages[2]?.metadata).toEqual({ title_prefix: 'Prompted' });
  });

  it('keeps a group together at 30 minutes and parts it a millisecond later', () => {
    const at = (time: string) =>
      conversationsOf(
        readFile(geminiFormat, [
          record(time, 'Prompted B'),
          record('2026-01-01T00:00:00Z', 'Prompted A'),
        ]),
      ).length;
    expect(at('2026-01-01T00:30:00.000Z')).toBe(1);
    expect(at('2026-01-01T00:30:00.001Z')).toBe(2);
  });

  it('gives the first group the same id when it has grown', () => {
    const ids = (file: readonly object[]) =>
      conversationsOf(readFile(geminiFormat, file)).map(({ sourceId }) => sourceId);
    const grown = [record('2026-03-04T06:10:00Z', 'Prompted D'), ...FILE];
    expect(ids(grown)).toEqual(ids(FILE));
    expect(new Set(ids(FILE)).size).toBe(2);
  });

  it('believes a named conversation, and puts a branched record into each', () => {
    const named = (...ids: string[]) => ({
      details: ids.map((id) => ({ url: `https://gemini.google.com/app/${id}` })),
    });
    const items = readFile(geminiFormat, [
      record('2026-03-04T09:00:00Z', 'Prompted B', named('00000000000000bb')),
      record('2026-03-04T05:00:00Z', '분기된 A', named('00000000000000aa', '00000000000000bb')),
    ]);
    expectWellFormed(items);
    const byId = new Map(conversationsOf(items).map((one) => [one.sourceId, one]));
    expect(spoken(byId.get('00000000000000aa') ?? fail())[0]).toBe('user: A');
    expect(spoken(byId.get('00000000000000bb') ?? fail())).toHaveLength(4);
    expect(byId.get('00000000000000bb')?.notes).not.toContain('grouped_by_time');
  });

  it('drops places, and names files and the model', () => {
    const items = readFile(geminiFormat, [
      record('2026-03-04T05:00:00Z', 'Prompted A', {
        attachedFiles: ['photo-1a2b.png', { name: 'notes.txt' }],
        imageFile: 'photo-1a2b.png',
        subtitles: [{ name: 'Model: 2.5 Pro' }, { name: 'Attached 2 files.' }],
      }),
    ]);
    expect(JSON.stringify(items)).not.toContain('secret-place');
    const [question, answer] = onlyConversation(items).messages;
    expect(question?.attachments.map(({ name, assetKeys }) => [name, assetKeys])).toEqual([
      ['photo-1a2b.png', ['photo-1a2b.png']],
      ['notes.txt', ['notes.txt']],
    ]);
    expect(answer?.modelUsed).toBe('2.5 Pro');
  });

  it('looks for files beside its own only', () => {
    const records = [record('2026-03-04T05:00:00Z', 'Prompted A', { imageFile: 'photo.png' })];
    const file = { fileName: 'takeout.zip/Gemini Apps/MyActivity.json' };
    const [question] = onlyConversation(readFile(geminiFormat, records, file)).messages;
    expect(question?.attachments[0]?.assetKeys).toEqual(['takeout.zip/Gemini Apps/photo.png']);
  });

  it('keeps a prompt without an answer and a record without a date', () => {
    const items = readFile(geminiFormat, [
      record('2026-03-04T05:00:00Z', 'Prompted B', { safeHtmlItem: [] }),
      record(undefined, 'Prompted A'),
      null,
      7,
    ]);
    const conversation = onlyConversation(items);
    expect(spoken(conversation)).toEqual(['user: A', 'assistant: Answer to **A**', 'user: B']);
    expect(conversation.notes).toContain('date_unknown');
    expect(items.filter(({ kind }) => kind === 'skipped')).toHaveLength(1);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(geminiFormat, [
      record('2026-03-04T05:00:00Z', 'Prompted A', {
        titleUrl: 'https://gemini.google.com/app',
        details: [{ url: 'https://gemini.google.com/app/00000000000000aa' }],
        subtitles: [{ name: 'x', url: 'y' }],
        attachedFiles: ['a', { name: 'b' }],
        imageFile: 'c',
      }),
      ...FILE,
    ]);
  });
});

describe('readPrompt', () => {
  it.each([
    ['Prompted hello', 'hello'],
    ['Prompted\u00a0hello', 'hello'],
    ['Asked: hello', 'hello'],
    ['Eingegebener Prompt: hallo', 'hallo'],
    ['送信したメッセージ: やあ', 'やあ'],
    ['已提示：你好', '你好'],
    ['Hiciste la petición hola', 'hola'],
    ['Υποβλήθηκε το ερώτημα γεια', 'γεια'],
    ['분기된 안녕', '안녕'],
    ['Promptedness is no word', 'Promptedness is no word'],
    ['Created Gemini Canvas titled x', 'Created Gemini Canvas titled x'],
    ['', ''],
  ])('%s', (title, prompt) => {
    expect(readPrompt(title).prompt).toBe(prompt);
  });
});

function fail(): never {
  throw new Error('not there');
}
