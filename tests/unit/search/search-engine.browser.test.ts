import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { purgeConversations, updateConversations } from '#db/many-conversations.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { memoryStore } from '#search/sidecar-memory.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { makeAnswer, makeConversation, makeMessage } from '../db/conversation-rows.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';
import { find, findIds, findPages, openEngine, store } from './engine-support.ts';

describe.each([
  ['memory, with SIMD', { store: 'memory', withSimd: true }],
  ['a table, without SIMD', { store: 'table', withSimd: false }],
  ['a table, text staying in memory', { store: 'table', isResident: true }],
] as const)('an index in %s', (_name, options) => {
  test('finds any substring of one character or more, in any of the languages', async () => {
    const db = await openForTest();
    await store(db, 'ko', ['어제 검색했습니다', '그렇군요']);
    await store(db, 'ja', ['京都の紅葉はいつが見頃ですか']);
    await store(db, 'zh', ['备份数据库失败了']);
    await store(db, 'en', ['The Backup failed TWICE']);
    const engine = await openEngine(db, options);
    expect(await findIds(engine, '색했')).toEqual(['ko']);
    expect(await findIds(engine, '紅')).toEqual(['ja']);
    expect(await findIds(engine, '据库')).toEqual(['zh']);
    expect(await findIds(engine, 'twice')).toEqual(['en']);
    expect(await findIds(engine, 'ＢＡＣＫＵＰ')).toEqual(['en']);
    expect(await findIds(engine, '없는 말')).toEqual([]);
  });

  test('follows what is written, changed, thrown away and purged', async () => {
    const db = await openForTest();
    const conversations = createStoredConversations(db, createTestClock());
    await conversations.addMessages(makeConversation('c', { title: '첫 제목' }), [
      makeMessage('c', 'q', null, { content: '질문입니다' }),
      makeAnswer('c', 'a', 'q'),
    ]);
    const engine = await openEngine(db, options);
    const id = toConversationId('c');
    const answer = toMessageId('a');
    expect(await findIds(engine, '질문')).toEqual(['c']);

    await conversations.checkpointAnswer(answer, { content: '중간까지', reasoning: null });
    expect(await findIds(engine, '중간')).toEqual(['c']);
    await conversations.finishAnswer(
      makeMessage('c', 'a', 'q', { role: 'assistant', content: '끝까지 답했습니다' }),
      null,
    );
    expect(await findIds(engine, '중간')).toEqual([]);
    expect(await findIds(engine, '끝까지')).toEqual(['c']);

    await conversations.updateMessage(answer, { feedback: '도움이 되었다' });
    expect((await find(engine, '도움')).groups[0]?.places[0]?.field).toBe('feedback');
    await updateConversations(db, [id], { title: '둘째 제목' }, 1);
    expect(await findIds(engine, '첫')).toEqual([]);
    // Found by its title, it shows how it begins.
    expect((await find(engine, '둘째')).groups[0]?.places).toMatchObject([
      { id: 'q', field: 'message', role: 'user', snippet: { text: '질문입니다', marks: [] } },
    ]);

    const removed = await conversations.removeSubtree(id, answer);
    expect(await findIds(engine, '끝까지')).toEqual([]);
    await conversations.restoreMessages(id, removed);
    expect(await findIds(engine, '끝까지')).toEqual(['c']);

    await updateConversations(db, [id], { status: 'deleted' }, 1);
    expect(await findIds(engine, '질문')).toEqual([]);
    expect(await findIds(engine, '질문 is:deleted')).toEqual(['c']);
    await purgeConversations(db, [id]);
    expect(await findIds(engine, '질문 is:deleted')).toEqual([]);
    await store(db, 'c', ['같은 번호로 다시']);
    expect(await findIds(engine, '다시')).toEqual(['c']);
    expect(await findIds(engine, '질문')).toEqual([]);
  });
});

test('asks for all words, in one message, and for none that is excluded', async () => {
  const db = await openForTest();
  await store(db, 'both', ['백업을 복구했다']);
  await store(db, 'apart', ['백업을 했다', '복구를 했다']);
  await store(db, 'spaced', ['복구 했다']);
  const engine = await openEngine(db);
  expect(await findIds(engine, '백업 복구')).toEqual(['both']);
  expect(await findIds(engine, '복구 -백업')).toEqual(expect.arrayContaining(['apart', 'spaced']));
  expect(await findIds(engine, '"복구 했"')).toEqual(['spaced']);
});

test('finds other forms of a Korean word, and ranks the typed one first', async () => {
  const db = await openForTest();
  await store(db, 'stem', [{ content: '검색 화면', timestamp: 1_700_000_000_000 }]);
  await store(db, 'exact', [{ content: '검색하면 나온다', timestamp: 1_500_000_000_000 }]);
  const engine = await openEngine(db);
  expect(await findIds(engine, '검색하면')).toEqual(['exact', 'stem']);
  expect(await findIds(engine, '검색하면', { order: 'newest' })).toEqual(['stem', 'exact']);
  expect(await findIds(engine, '"검색하면"')).toEqual(['exact']);
});

test('finds a message by twenty words that all stand in other forms in it, below one with one of them as typed', async () => {
  const db = await openForTest();
  const nouns =
    '배포 연결 검색 저장 설정 실행 삭제 추가 변경 확인 정리 복구 백업 전송 압축 번역 요약 분류 비교 측정'.split(
      ' ',
    );
  const all = nouns.map((noun) => `${noun}했더니`);
  await store(db, 'stems', [nouns.map((noun) => `${noun}하는`).join(' ')]);
  await store(db, 'one', [`${all[0]} ${nouns.slice(1).join(' ')}`]);
  await store(db, 'most', [nouns.slice(1).join(' ')]);
  const engine = await openEngine(db);
  expect(await findIds(engine, all.join(' '))).toEqual(['one', 'stems']);
});

test('finds Latin words without the Korean particle behind them, and words without the end of their sentence', async () => {
  const db = await openForTest();
  await store(db, 'stem', ['REST API 서버. React로 짠 화면']);
  await store(db, 'exact', ['API를 부르면 React에서 화면이 뜨나요? 예.']);
  const engine = await openEngine(db);
  expect(await findIds(engine, 'API를')).toEqual(['exact', 'stem']);
  expect(await findIds(engine, 'React에서')).toEqual(['exact', 'stem']);
  expect((await findIds(engine, '화면이?')).sort()).toEqual(['exact', 'stem']);
  expect(await findIds(engine, '"API를"')).toEqual(['exact']);
  expect(await findIds(engine, '-API를 화면')).toEqual(['stem']);
});

test('finds titles by initial consonants, and marks their syllables', async () => {
  const db = await openForTest();
  await store(db, 'c', ['본문'], { title: '빠른 검색 화면' });
  await store(db, 'laugh', ['ㄱㅅ 합니다']);
  const engine = await openEngine(db);
  const { groups } = await find(engine, 'ㄱㅅ');
  expect(groups.map(({ id }) => id).sort()).toEqual(['c', 'laugh']);
  expect(groups.find(({ id }) => id === 'c')?.title.marks).toEqual([[3, 5]]);
  const overWords = await find(engine, 'ㅃㄹㄳ');
  expect(overWords.groups.map(({ id, title }) => [id, title.marks])).toEqual([['c', [[0, 5]]]]);
});

test('filters by role, model, tag, source, time, state and attachments', async () => {
  const db = await openForTest();
  const file = { id: 'f', name: '보고서.pdf', mediaType: 'application/pdf', sizeBytes: 1 };
  const at = (day: string) => ({ timestamp: new Date(`${day}T12:00:00`).getTime() });
  await store(
    db,
    'a',
    [
      { content: '공통 질문', ...at('2026-01-15'), attachments: [file] },
      { content: '공통 답', ...at('2026-03-15'), modelUsed: 'qwen3:8b' },
    ],
    { tags: ['코드', '두 낱말'], source: 'chatgpt' },
  );
  await store(db, 'b', [{ content: '공통', ...at('2025-06-01') }], {
    status: 'archived',
    pinned: 1,
  });
  const engine = await openEngine(db);
  const cases: [string, string[]][] = [
    ['공통 role:assistant', ['a']],
    ['공통 model:QWEN', ['a']],
    ['공통 tag:코드', ['a']],
    ['공통 tag:"두 낱말"', ['a']],
    ['공통 source:chatgpt', ['a']],
    ['공통 before:2026', ['b']],
    ['공통 after:2026-03', ['a']],
    ['공통 after:2026-02 role:user', []],
    ['공통 is:archived', ['b']],
    ['공통 is:pinned', ['b']],
    ['공통 has:attachment', ['a']],
    ['보고서', ['a']],
    ['tag:코드', ['a']],
  ];
  for (const [query, expected] of cases) {
    expect([query, await findIds(engine, query)]).toEqual([query, expected]);
  }
});

test('a whole name of a model means that model, a part of it all that have it', async () => {
  const db = await openForTest();
  for (const modelUsed of ['gpt-4o', 'gpt-4o-mini', 'gpt-4']) {
    await store(db, modelUsed, [{ content: '공통 답', modelUsed }]);
  }
  const engine = await openEngine(db);
  const found = async (query: string): Promise<string[]> => (await findIds(engine, query)).sort();
  expect(await found('공통 model:GPT-4o')).toEqual(['gpt-4o']);
  expect(await found('model:gpt-4')).toEqual(['gpt-4']);
  expect(await found('공통 model:4o')).toEqual(['gpt-4o', 'gpt-4o-mini']);
});

test('what filters offer is of what is there, and not in the trash', async () => {
  const db = await openForTest();
  await store(db, 'kept', [{ content: '가', modelUsed: 'a' }], { source: 'onggi' });
  await store(db, 'trash', [{ content: '나', modelUsed: 'b' }], { source: 'claude' });
  await store(db, 'gone', [{ content: '다', modelUsed: 'c' }], { source: 'chatgpt' });
  const engine = await openEngine(db);
  expect(engine.facets()).toEqual({
    models: ['a', 'b', 'c'],
    sources: ['chatgpt', 'claude', 'onggi'],
  });
  await db.strict.conversations.update(toConversationId('trash'), { status: 'deleted' });
  await purgeConversations(db, [toConversationId('gone')]);
  await engine.catchUp();
  expect(engine.facets()).toEqual({ models: ['a'], sources: ['onggi'] });
});

test.each([
  ['nothing', ''],
  ['spaces', '   '],
  ['half a character', '\ud83d'],
  ['punctuation', '?!…'],
  ['combining marks', '\u0301\u0302'],
  ['a hundred thousand characters', '가'.repeat(100_000)],
  ['a hundred thousand words', '가 '.repeat(50_000)],
])('a query of %s is answered', async (_name, query) => {
  const db = await openForTest();
  await store(db, 'c', ['가나다 정말?!… e\u0301']);
  const engine = await openEngine(db);
  const page = await find(engine, query);
  expect(page.isWhole).toBe(true);
  expect(page.isQueryCut).toBe(query.length > 1000);
});

test('a snippet shows the words together, on one line, whatever surrounds them', async () => {
  const db = await openForTest();
  const text = `${'앞말 '.repeat(400)}백업 하나.\n\n${'가운데 '.repeat(100)}여기서 백업을\n복구하다 실패\ud83d했다 ${'뒷말 '.repeat(400)}`;
  await store(db, 'c', [text]);
  const engine = await openEngine(db);
  const place = (await find(engine, '백업 복구 실패')).groups[0]?.places[0];
  const snippet = place?.snippet ?? { text: '', marks: [] };
  expect(snippet.marks.map(([start, end]) => snippet.text.slice(start, end))).toEqual([
    '백업',
    '복구',
    '실패',
  ]);
  expect(snippet.text).toMatch(/^….*여기서 백업을 복구하다 실패\ufffd했다.*…$/);
  expect(place?.id).toBe('c-0');
});

const ANSWER =
  '## Making *kimchi*\n\n- Use **salted cabbage**, see [a recipe](https://onggi.example/how)\n\n| day | `salt` |\n|---|---|\n| 1 | 3 % |';

test.each([
  ['cabbage', 'Making kimchi • Use salted [cabbage], see a recipe day · salt 1 · 3 %'],
  ['"**salted"', 'Making kimchi • Use [salted] cabbage, see a recipe day · salt 1 · 3 %'],
  ['onggi.ex', '…salted cabbage, see [a recipe](https://[onggi.ex]ample/how) day · salt 1 · 3 %'],
  ['day', '…• Use salted cabbage, see a recipe [day] · salt 1 · 3 %'],
])('Markdown in a snippet is made readable, and the place of %s is marked', async (query, line) => {
  const db = await openForTest();
  await store(db, 'c', ['**How** do I?', ANSWER]);
  const engine = await openEngine(db);
  const { text, marks } = (await find(engine, query)).groups[0]?.places[0]?.snippet ?? {
    text: '',
    marks: [],
  };
  const shown = marks.reduceRight(
    (all, [start, end]) => `${all.slice(0, start)}[${all.slice(start, end)}]${all.slice(end)}`,
    text,
  );
  expect(shown).toBe(line);
  // What a person wrote is shown as it was written.
  expect((await find(engine, 'how role:user')).groups[0]?.places[0]?.snippet.text).toBe(
    '**How** do I?',
  );
});

test('results come in pages, and say how many there are', async () => {
  const db = await openForTest();
  for (let number = 0; number < 30; number += 1) {
    await store(db, `c${number}`, [`같은 말 ${number}`], { updatedAt: number });
  }
  const engine = await openEngine(db);
  const first = await find(engine, '같은', { limit: 20 });
  const rest = await find(engine, '같은', { offset: 20, limit: 20 });
  expect([first.groups.length, rest.groups.length]).toEqual([20, 10]);
  expect([first.groupCount, first.placeCount, first.totalCount]).toEqual([30, 30, 30]);
  expect(new Set([...first.groups, ...rest.groups].map(({ id }) => id)).size).toBe(30);
});

test('a running answer in English is taken in again when it has grown by half, and when it is there', async () => {
  const db = await openForTest();
  const conversations = createStoredConversations(db, createTestClock());
  await conversations.addMessages(makeConversation('c'), [
    makeMessage('c', 'q', null, { content: 'question' }),
    makeAnswer('c', 'a', 'q'),
  ]);
  const engine = await openEngine(db);
  const answer = toMessageId('a');
  const grow = (content: string) =>
    conversations.checkpointAnswer(answer, { content, reasoning: null });
  await grow('word '.repeat(200));
  expect(await findIds(engine, 'word')).toEqual(['c']);
  await grow(`${'word '.repeat(210)}early`);
  expect(await findIds(engine, 'early')).toEqual([]);
  await grow(`${'word '.repeat(310)}late`);
  expect(await findIds(engine, 'late')).toEqual(['c']);
  await conversations.finishAnswer(
    makeMessage('c', 'a', 'q', { role: 'assistant', content: `${'word '.repeat(311)}end` }),
    null,
  );
  expect(await findIds(engine, 'end')).toEqual(['c']);
});

test('what was deleted while one looked for it is not shown again', async () => {
  const db = await openForTest();
  // Two blocks of the scan.
  await store(db, 'gone', [`찾을 말 ${'가'.repeat(1_300_000)}`]);
  await store(db, 'kept', [`찾을 말 ${'나'.repeat(1_300_000)}`]);
  let onRead: (at: number) => Promise<void> = () => Promise.resolve();
  const engine = await openEngine(db, { store: watched({ onRead: (at) => onRead(at) }) });
  onRead = async (at) => {
    if (at === 0) return;
    onRead = () => Promise.resolve();
    await purgeConversations(db, [toConversationId('gone')]);
    await engine.catchUp();
  };
  await find(engine, '찾을');
  expect(await find(engine, '찾을')).toMatchObject({ groupCount: 1, groups: [{ id: 'kept' }] });
});

test('a byte of the text that turned over is found out at rest, and all is read anew', async () => {
  const db = await openForTest();
  await store(db, 'c', ['keep the needle here']);
  const files = memoryStore();
  const engine = await openEngine(db, { store: files, idleMs: 100 });
  const wanted = new TextEncoder().encode('needle');
  let flipped = 0;
  for (const name of await files.list()) {
    const file = await files.open(name);
    const bytes = new Uint8Array(file.size);
    await file.read(bytes, 0);
    const at = new TextDecoder('latin1').decode(bytes).indexOf('needle');
    if (at < 0) continue;
    await file.overwrite(
      wanted.map((byte, index) => (index === 0 ? byte ^ 1 : byte)),
      at,
    );
    flipped += 1;
  }
  expect(flipped).toBe(1);
  const before = engine.statuses.length;
  expect(await findIds(engine, 'needle')).toEqual([]);
  await expect
    .poll(() => engine.statuses.slice(before).map(({ phase }) => phase), { timeout: 5000 })
    .toContain('building');
  await expect.poll(() => engine.statuses.at(-1)?.phase).toBe('ready');
  expect(await findIds(engine, 'needle')).toEqual(['c']);
});

test('a question right after a large import is answered with what is there, and it is said', async () => {
  const db = await openForTest();
  await store(db, 'before', ['찾을 말']);
  let gate: Promise<void> = Promise.resolve();
  const engine = await openEngine(db, { store: watched({ onAppend: () => gate }) });
  let open: () => void = () => undefined;
  gate = new Promise((resolve) => (open = resolve));
  const texts = Array.from({ length: 600 }, (_, at) => `들여온 말 ${at} ${'다'.repeat(200)}`);
  await store(db, 'import', texts);
  expect(await findIds(engine, '찾을')).toEqual(['before']);
  expect(engine.statuses.at(-1)?.phase).toBe('catching-up');
  const { version } = engine.statuses.at(-1) ?? {};
  open();
  await expect.poll(() => engine.statuses.at(-1)?.phase).toBe('ready');
  expect(engine.statuses.at(-1)?.version).not.toBe(version);
  expect(await findIds(engine, '들여온')).toEqual(['import']);
});

test('where there is no memory for all of the text it is looked through piece by piece', async () => {
  const db = await openForTest();
  for (let number = 0; number < 4; number += 1) {
    await store(db, `c${number}`, [`${'가'.repeat(1_300_000)} 찾을 말 ${number}`]);
  }
  const most = 6 * 1024 * 1024;
  const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow').mockImplementation(function (
    this: WebAssembly.Memory,
    pages,
  ) {
    if (this.buffer.byteLength + pages * 65_536 > most) throw new RangeError('no memory');
    return Reflect.apply(realGrow, this, [pages]);
  });
  onTestFinished(() => grow.mockRestore());
  const engine = await openEngine(db, { isResident: true, withSimd: true });
  expect((await find(engine, '찾을')).groupCount).toBe(4);
  expect(grow.mock.results.some(({ type }) => type === 'throw')).toBe(true);
  expect((await find(engine, '찾을 "말 2"')).groupCount).toBe(1);
});

const realGrow = Object.getOwnPropertyDescriptor(WebAssembly.Memory.prototype, 'grow')
  ?.value as WebAssembly.Memory['grow'];

/** Files in memory, of which somebody hears before they are read and written. */
function watched({
  onRead = () => Promise.resolve(),
  onAppend = () => Promise.resolve(),
}: {
  readonly onRead?: (at: number) => Promise<void>;
  readonly onAppend?: () => Promise<void>;
}): SidecarStore {
  const files = memoryStore();
  return {
    ...files,
    async open(name) {
      const file = await files.open(name);
      return {
        get size() {
          return file.size;
        },
        async read(target, at) {
          await onRead(at);
          await file.read(target, at);
        },
        async append(bytes) {
          await onAppend();
          await file.append(bytes);
        },
        overwrite: (bytes, at) => file.overwrite(bytes, at),
        truncate: (size) => file.truncate(size),
        flush: () => file.flush(),
        close: () => file.close(),
      };
    },
  };
}

test('while everything is read anew, it says how much was searched', async () => {
  const db = await openForTest();
  for (let number = 0; number < 60; number += 1) {
    await store(db, `c${number}`, [`${'가'.repeat(60_000)} 찾을 말`]);
  }
  const engine = await openEngine(db);
  const rebuilt = engine.rebuild();
  const isHalf = () => engine.statuses.at(-1)?.phase === 'building' && lastCount() > 0;
  const lastCount = () => engine.statuses.at(-1)?.indexedCount ?? 0;
  await expect.poll(isHalf, { interval: 1 }).toBe(true);
  const page = (await findPages(engine, '찾을')).at(-1);
  expect(page?.totalCount).toBe(60);
  expect(page?.searchedCount).toBe(page?.groupCount);
  await rebuilt;
  expect((await find(engine, '찾을')).groupCount).toBe(60);
});
