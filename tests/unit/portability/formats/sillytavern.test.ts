import { describe, expect, it } from 'vitest';
import { deriveSourceId } from '#domain/imported.ts';
import { sillyTavernFormat } from '#portability/formats/sillytavern.ts';
import { readSillyDate } from '#portability/formats/sillytavern-message.ts';
import {
  expectSurvivesMangling,
  expectWellFormed,
  onlyConversation,
  pathTo,
  readFile,
  sampleOf,
} from '../../../support/read-format.ts';

const HEADER = {
  user_name: 'Kim',
  character_name: '도공 🏺',
  create_date: '2024-03-05@12h30m45s',
  chat_metadata: { note_prompt: 'Keep calm.' },
};
const LINES = [
  HEADER,
  {
    name: '도공 🏺',
    is_user: false,
    is_system: false,
    send_date: '2024-03-05T12:30:46.000Z',
    mes: 'Welcome',
    extra: {},
  },
  {
    name: 'Kim',
    is_user: true,
    is_system: false,
    send_date: 'March 5, 2024 12:31pm',
    mes: 'A pot?',
    extra: {},
  },
  {
    name: '도공 🏺',
    is_user: false,
    send_date: '2024-03-05T12:32:00.000Z',
    gen_started: '2024-03-05T12:31:50.000Z',
    gen_finished: '2024-03-05T12:31:55.000Z',
    mes: 'Second try',
    swipes: ['First try', 'Second try', ''],
    swipe_id: 1,
    swipe_info: [{ send_date: '2024-03-05T12:31:30.000Z', extra: { model: 'old-model' } }, {}, {}],
    extra: {
      model: 'claude',
      api: 'anthropic',
      token_count: 3,
      reasoning: 'hmm',
      image: 'user/images/pot.png',
    },
  },
  { name: 'Kim', is_user: true, is_system: true, send_date: 'whenever', mes: 'Hidden', extra: {} },
];

describe('sillyTavernFormat', () => {
  it('knows lines by their header', () => {
    expect(sillyTavernFormat.matches(sampleOf(LINES, true))).toBe(true);
    expect(sillyTavernFormat.matches(sampleOf(LINES, false))).toBe(false);
    expect(sillyTavernFormat.matches(sampleOf([{ chat_metadata: {} }, LINES[1]], true))).toBe(true);
  });

  it('knows lines of a group, which had no header for long, and no others that name `mes`', () => {
    const [, ...lines] = LINES;
    expect(sillyTavernFormat.matches(sampleOf(lines, true))).toBe(true);
    const items = readFile(sillyTavernFormat, lines, { fileName: 'group chats/Pots.jsonl' });
    expect(onlyConversation(items).messages[0]?.content).toBe('Welcome');
    expect(sillyTavernFormat.matches(sampleOf([{ mes: 'x' }, { mes: 'y' }], true))).toBe(false);
  });

  it('makes swipes siblings and goes on below the active one', () => {
    const items = readFile(sillyTavernFormat, LINES, { fileName: 'chats/Pots.jsonl' });
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(conversation).toMatchObject({
      title: 'Pots',
      tags: ['도공 🏺'],
      metadata: { author_note: 'Keep calm.' },
    });
    expect(pathTo(conversation, conversation.activeLeafSourceId)).toEqual([
      'Welcome',
      'A pot?',
      'Second try',
      'Hidden',
    ]);
    const first = conversation.messages.find(({ content }) => content === 'First try');
    expect(pathTo(conversation, first?.sourceId ?? null)).toEqual([
      'Welcome',
      'A pot?',
      'First try',
    ]);
    expect(first).toMatchObject({
      modelUsed: 'old-model',
      timestamp: Date.UTC(2024, 2, 5, 12, 31, 30),
    });
  });

  it('reads model, time, reasoning and pictures', () => {
    const { messages, notes } = onlyConversation(readFile(sillyTavernFormat, LINES));
    expect(messages.find(({ content }) => content === 'Second try')).toMatchObject({
      role: 'assistant',
      modelUsed: 'claude',
      reasoning: 'hmm',
      tokenCount: 3,
      responseTimeMs: 5000,
      attachments: [{ name: 'pot.png', assetKeys: ['user/images/pot.png', 'pot.png'] }],
      metadata: { name: '도공 🏺', provider: 'anthropic' },
    });
    expect(messages.at(-1)).toMatchObject({
      role: 'user',
      metadata: { excluded_from_prompt: true },
    });
    expect(notes).toContain('date_unknown');
  });

  it('keeps the id of a chat that has grown', () => {
    const id = (lines: readonly unknown[]) =>
      onlyConversation(readFile(sillyTavernFormat, lines)).sourceId;
    expect(id([...LINES, { name: 'x', is_user: true, mes: 'More' }])).toBe(id(LINES));
    const named = [{ ...HEADER, chat_metadata: { integrity: 'uuid-1' } }, ...LINES.slice(1)];
    expect(id(named)).toBe('uuid-1');
  });

  it('tells equal swipes apart by how many came before, without going over these for each', () => {
    const swipesOf = (swipes: readonly string[], shown: number) => {
      const list = Object.assign([...swipes], { slice: () => expect.fail('copied') });
      const line = { ...LINES[3], mes: swipes[shown] ?? 'Other', swipes: list, swipe_id: shown };
      const { messages } = onlyConversation(
        readFile(sillyTavernFormat, [...LINES.slice(0, 3), line]),
      );
      return messages.slice(2).map(({ content, sourceId }) => [content, sourceId]);
    };
    const [one, two, three] = swipesOf(['a', 'a', 'a'], 0);
    expect(new Set([one, two, three].map((each) => each?.[1])).size).toBe(3);
    const [, b, c] = swipesOf(['a', 'b', 'c'], 0);
    expect(swipesOf(['a', 'b', 'a', 'c', 'a'], 3)).toEqual([one, b, two, c, three]);
    // What is shown and is none of them comes last.
    expect(swipesOf(['a', 'b'], 2).map(([content]) => content)).toEqual(['a', 'b', 'Other']);
  });

  it('keeps the ids of swipes when another one is shown, is tried or is new, and names the former ones', () => {
    const swipesOf = (swipes: readonly string[], shown: number, sendDate: string) => {
      const mes = swipes[shown] ?? '';
      const info = swipes.map((text) => ({ send_date: text === 'First try' ? DATE : null }));
      const line = {
        ...LINES[3],
        mes,
        swipes,
        swipe_id: shown,
        swipe_info: info,
        send_date: sendDate,
      };
      const { messages } = onlyConversation(
        readFile(sillyTavernFormat, [...LINES.slice(0, 3), line]),
      );
      return messages.slice(2);
    };
    const DATE = '2024-03-05T12:31:30.000Z';
    const idsOf = (messages: ReturnType<typeof swipesOf>) =>
      messages.map(({ content, sourceId }) => [content, sourceId]);
    const one = swipesOf(['First try'], 0, DATE);
    const first = swipesOf(['First try', 'Second try'], 0, DATE);
    const second = swipesOf(['First try', 'Second try'], 1, '2024-03-05T12:32:00.000Z');
    expect(idsOf(second)).toEqual(idsOf(first));
    expect(idsOf(first).slice(0, 1)).toEqual(idsOf(one));
    const twice = swipesOf(['First try', 'First try'], 1, DATE);
    expect(new Set(twice.map(({ sourceId }) => sourceId)).size).toBe(2);
    // As earlier versions derived it: while it was shown, and while another one was.
    const at = Date.parse(DATE);
    expect(first[0]?.formerSourceIds).toEqual([
      deriveSourceId('sillytavern', 'assistant', 'First try', 2, null, at),
      deriveSourceId('sillytavern', 'assistant', 'First try', 2, 0, at),
    ]);
  });

  it('takes the message itself when the active swipe does not exist', () => {
    const line = { ...LINES[3], swipe_id: 9 };
    const conversation = onlyConversation(readFile(sillyTavernFormat, [HEADER, line]));
    expect(pathTo(conversation, conversation.activeLeafSourceId)).toEqual(['Second try']);
  });

  it.each([
    ['2024-3-5 @12h 30m 45s 123ms', new Date(2024, 2, 5, 12, 30, 45, 123).getTime()],
    ['2024-03-05@12h30m45s', new Date(2024, 2, 5, 12, 30, 45).getTime()],
    ['March 5, 2024 12:30pm', new Date(2024, 2, 5, 12, 30).getTime()],
    ['2024-03-05T12:30:45.123Z', Date.UTC(2024, 2, 5, 12, 30, 45, 123)],
    [1709641845123, 1709641845123],
    ['nonsense', null],
    [{}, null],
  ])('reads the date %j', (value, at) => {
    expect(readSillyDate(value, new Set())).toBe(at);
  });

  it('survives any value in any field', () => {
    expectSurvivesMangling(sillyTavernFormat, LINES);
  });
});
