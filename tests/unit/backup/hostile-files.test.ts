import { zlibSync } from 'fflate';
import { readStorageRoom } from '#db/storage-room.ts';
import { beforeEach, describe, expect, test } from 'vitest';
import type { BackupProblemCode } from '#domain/backup-report.ts';
import { toMessageId } from '#domain/ids.ts';
import {
  addWhole,
  backUp,
  databaseNames,
  dump,
  gzip,
  openHome,
  problemCounts,
  readObject,
  restore,
  stage,
  verify,
  wholeConversation,
} from './support.ts';
import type { Home } from './support.ts';

let home: Home;
let good: File;
let object: Record<string, unknown>;

beforeEach(async () => {
  home = await openHome();
  await addWhole(home.db, wholeConversation('live', 3));
  const other = await openHome();
  await addWhole(other.db, wholeConversation('a', 4), wholeConversation('b', 300));
  good = await backUp(other.db);
  object = await readObject(good);
});

/** Refused with that code, without hanging (the runner's time limit sees to it); nothing here has changed and nothing is left. */
async function expectRefusal(file: Blob, code: string): Promise<void> {
  const before = await dump(home.db);
  await expect(verify(file)).rejects.toMatchObject({ code });
  for (const mode of ['replace', 'merge'] as const) {
    await expect(stage(home, file, { mode })).rejects.toMatchObject({ code });
  }
  expect(await dump(home.db)).toEqual(before);
  expect(await databaseNames(home)).toEqual([home.db.name]);
}

const bytesOf = async (file: Blob): Promise<Uint8Array<ArrayBuffer>> =>
  new Uint8Array(await file.arrayBuffer());

describe('a file that is no whole gzip', () => {
  test('of no bytes is empty', () => expectRefusal(new Blob([]), 'file/empty'));

  test.each([1, 2, 3, 4, 5, 6])('cut at %i sevenths is damaged', async (sevenths) => {
    await expectRefusal(good.slice(0, Math.floor((good.size * sevenths) / 7)), 'file/damaged');
  });

  test('with a bit turned is damaged, wherever it is', async () => {
    const bytes = await bytesOf(good);
    for (let turn = 0; turn < 60; turn += 1) {
      const bit = 80 + Math.floor(((bytes.length - 12) * 8 * turn) / 60);
      const turned = bytes.slice();
      turned[bit >> 3] = (turned[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const outcome = await verify(new Blob([turned])).then(
        ({ isVerified }) => (isVerified ? 'whole' : 'noticed'),
        () => 'noticed',
      );
      expect(outcome, `bit ${bit}`).toBe('noticed');
    }
  });

  test('twice is damaged', () => expectRefusal(new Blob([good, good]), 'file/damaged'));

  test('with something behind it is damaged', () =>
    expectRefusal(new Blob([good, 'x']), 'file/damaged'));

  test.each([
    ['a picture', new Blob([Uint8Array.of(0x89, 0x50, 0x4e, 0x47)])],
    ['text', new Blob(['hello'])],
    ['a ZIP', new Blob(['PK\u0003\u0004'])],
    ['zlib', new Blob([zlibSync(new TextEncoder().encode('{}'))])],
  ])('but %s is no backup', (_name, file) => expectRefusal(file, 'file/not-a-backup'));

  test('but the bare JSON of one is read', async () => {
    expect(await verify(new Blob([JSON.stringify(object)]))).toMatchObject({ isVerified: true });
  });
});

describe('a file that is another JSON', () => {
  test.each<[string, unknown, string]>([
    ['a list', [], 'file/not-a-backup'],
    ['an empty object', {}, 'file/not-a-backup'],
    ['a conversation', { format: 'onggi.conversation', messages: [] }, 'file/not-a-backup'],
    ['tables without a head', { messages: [], conversations: [] }, 'file/not-a-backup'],
    ['a table that is no list', { timestamp: '20231114_221320', messages: 7 }, 'file/not-a-backup'],
    ['text behind the end', '{"timestamp":"20231114_221320","messages":[]}x', 'file/not-json'],
    ['an open end', '{"timestamp":"20231114_221320","messages":[{}', 'file/damaged'],
  ])('%s', async (_name, value, code) => expectRefusal(await gzip(value), code));

  test.each(['format_version', 'schema_version'])('of a newer %s', async (name) => {
    await expectRefusal(await gzip({ ...object, [name]: 99 }), 'file/newer-version');
  });

  test('of a newer version that is said last', async () => {
    const { format_version: _version, ...rest } = object;
    await expectRefusal(await gzip({ ...rest, format_version: 2 }), 'file/newer-version');
  });
});

describe('a file that grows without end', () => {
  async function bomb(mebibytes: number): Promise<Blob> {
    const piece = new Uint8Array(1024 * 1024).fill(0x20);
    let left = mebibytes;
    const spaces = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) =>
        controller.enqueue(new TextEncoder().encode('{"timestamp":"20231114_221320",')),
      pull(controller) {
        if (left === 0) controller.close();
        else controller.enqueue(piece);
        left -= 1;
      },
    });
    return new Response(spaces.pipeThrough(new CompressionStream('gzip'))).blob();
  }

  test.each([200, 1024])('by %i MiB of spaces is stopped', { timeout: 60_000 }, async (size) => {
    const file = await bomb(size);
    expect(file.size).toBeLessThan(2 * 1024 * 1024);
    await expectRefusal(file, 'file/expands-too-much');
  });

  test('above 64 MiB is asked about first', async () => {
    const large = new Blob([good, new Uint8Array(64 * 1024 * 1024)]);
    await expectRefusal(large, 'file/too-large');
  });

  test('in depth is refused', async () => {
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    const text = `{"timestamp":"20231114_221320","messages":[${deep}]}`;
    await expectRefusal(await gzip(text), 'file/too-deep');
  });

  test('in depth inside a text of JSON loses only that text', async () => {
    const deep = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    const [first, ...others] = object['messages'] as Record<string, unknown>[];
    const metadata = `{"a":${deep}}`;
    const summary = await verify(
      await gzip({ ...object, messages: [{ ...first, metadata }, ...others] }),
    );
    expect(problemCounts(summary)).toMatchObject({ values_ignored: 1 });
    expect(summary.counts.messages).toBe(304);
  });

  test('refuses when there is no room, and leaves nothing', async () => {
    const readRoom = () =>
      Promise.resolve({ freeBytes: 1000, databaseBytes: null, presentShare: 1 });
    const staging = stage(home, good, { readRoom });
    await expect(staging).rejects.toMatchObject({ code: 'backup/no-room' });
    expect(await databaseNames(home)).toEqual([home.db.name]);
  });

  test('asks for the room of the copy that a merge begins with', async () => {
    const fileBytes = good.size * 4;
    const room = { freeBytes: fileBytes + 999, databaseBytes: 1000, presentShare: 1 };
    const readRoom = () => Promise.resolve(room);
    await expect(stage(home, good, { readRoom, mode: 'merge' })).rejects.toMatchObject({
      code: 'backup/no-room',
      detail: String(fileBytes + 1000),
    });
    expect(await databaseNames(home)).toEqual([home.db.name]);
    const replacing = await stage(home, good, { readRoom });
    await replacing.discard();
    // The data from before an earlier restore are not copied.
    const withOlder = () => Promise.resolve({ ...room, databaseBytes: 1998, presentShare: 0.5 });
    const merging = await stage(home, good, { readRoom: withOlder, mode: 'merge' });
    await merging.discard();
  });

  test('tells how much of the room the present data take beside older ones', async () => {
    const { db, names } = home;
    expect(await readStorageRoom(db.name, names.defaultName)).toMatchObject({ presentShare: 1 });
    // The 304 messages of the file, and 3 that were here before: an empty browser leaves next to nothing.
    const staged = await stage(home, good);
    const share = async (name: string) =>
      (await readStorageRoom(name, names.defaultName))?.presentShare;
    expect(await share(staged.databaseName)).toBeGreaterThan(0.98);
    expect(await share(db.name)).toBeLessThan(0.02);
    await staged.discard();
    expect(await share(db.name)).toBe(1);
  });
});

/** The backup with one table changed. */
async function withTable(
  table: string,
  change: (rows: Record<string, unknown>[]) => unknown[],
): Promise<File> {
  return gzip({ ...object, [table]: change(object[table] as Record<string, unknown>[]) });
}

async function expectProblems(
  file: Blob,
  problems: Partial<Record<BackupProblemCode, number>>,
): Promise<Record<string, unknown[]>> {
  const { db, staged } = await restore(home, file);
  expect(problemCounts(staged.preview.summary)).toMatchObject(problems);
  return dump(db);
}

const at = <Row>(rows: readonly Row[], change: (row: Row) => Row, place = 1): Row[] =>
  rows.map((row, index) => (index === place ? change(row) : row));

describe('a backup with wrong rows', () => {
  test('whose every field has the wrong type loses those fields or rows and no more', async () => {
    const wrong = [null, true, 7, -1.5, 'x', [], [1], {}, { a: 1 }, 0.5];
    for (const table of ['messages', 'conversations', 'sessions', 'user_settings', 'endpoints']) {
      const sample = (object[table] as Record<string, unknown>[])[0] ?? { user_id: 'x' };
      const rows = wrong.flatMap((value) =>
        Object.keys(sample).map((name) => ({ ...sample, [name]: value })),
      );
      const file = await gzip({ ...object, [table]: [...rows, ...wrong] });
      const summary = await verify(file);
      expect(problemCounts(summary)).toMatchObject({
        rows_unreadable: expect.any(Number) as number,
      });
      const { db } = await restore(home, file);
      // What could be read is sound: every row opens again.
      await backUp(db);
    }
  });

  test('without id, role or conversation are left out', async () => {
    const file = await withTable('messages', (rows) => [
      ...rows,
      { ...rows[0], message_id: undefined },
      { ...rows[0], message_id: 'x', role: 3 },
      { ...rows[0], message_id: 'y', conversation_id: '' },
    ]);
    const { messages } = await expectProblems(file, { rows_unreadable: 3, counts_differ: 1 });
    expect(messages).toHaveLength(304);
  });

  test('with unknown roles keep the text and the role', async () => {
    const file = await withTable('messages', (rows) =>
      at(rows, (row) => ({ ...row, role: 'critic' })),
    );
    const { messages } = await expectProblems(file, { roles_unknown: 1 });
    expect(messages).toContainEqual(
      expect.objectContaining({ role: 'assistant', metadata: { source_role: 'critic' } }),
    );
  });

  test('with ids twice keep the first', async () => {
    const file = await withTable('messages', (rows) => [
      ...rows,
      { ...rows[0], content: 'second' },
      ...rows.slice(5, 8),
    ]);
    const { messages, conversations } = await expectProblems(file, { duplicate_ids: 4 });
    expect(messages).toHaveLength(304);
    expect(messages).not.toContainEqual(expect.objectContaining({ content: 'second' }));
    expect(conversations).toEqual([
      expect.objectContaining({ id: 'a', messageCount: 4 }),
      expect.objectContaining({ id: 'b', messageCount: 300, lastSeq: 299 }),
    ]);
  });

  test('of a missing conversation get one', async () => {
    const file = await withTable('conversations', (rows) => rows.slice(1));
    const { conversations, messages } = await expectProblems(file, {
      messages_without_conversation: 4,
    });
    expect(messages).toHaveLength(304);
    expect(conversations).toContainEqual(
      expect.objectContaining({ id: 'a', messageCount: 4, activeLeafId: 'a-m3', title: null }),
    );
  });

  test('with wrong counters are counted anew', async () => {
    const file = await withTable('conversations', (rows) =>
      rows.map((row) => ({ ...row, message_count: 1e6, total_tokens: -5 })),
    );
    const { conversations } = await expectProblems(file, { counters_recomputed: 2 });
    expect(conversations).toEqual([
      expect.objectContaining({ messageCount: 4, totalTokens: 6 }),
      expect.objectContaining({ messageCount: 300, totalTokens: 44_850 }),
    ]);
  });

  test('with missing parents and circles become a tree again', async () => {
    const file = await withTable('messages', (rows) =>
      rows.map((row) => {
        const parents: Record<string, string> = {
          'a-m1': 'gone',
          'b-m3': 'b-m5',
          'b-m200': 'b-m200',
        };
        const parent = parents[String(row['message_id'])];
        const text = String(row['metadata']);
        if (parent === undefined) return row;
        return { ...row, metadata: text.replace(/"parent_id":"[^"]+"/, `"parent_id":"${parent}"`) };
      }),
    );
    const { messages } = await expectProblems(file, { parents_missing: 2, circles_cut: 1 });
    const byId = new Map(
      (messages as { id: string; parentId: string | null; seq: number }[]).map((row) => [
        row.id,
        row,
      ]),
    );
    expect(byId.get('a-m1')?.parentId).toBe('a-m0');
    expect(byId.get('b-m200')?.parentId).toBe('b-m199');
    for (const { parentId, seq } of byId.values()) {
      if (parentId !== null) expect(byId.get(parentId)?.seq).toBeLessThan(seq);
    }
  });

  test('with dates that are none keep their place', async () => {
    const file = await withTable('messages', (rows) =>
      at(rows, (row) => ({ ...row, timestamp: '2023-99-99 later' })),
    );
    const { messages } = await expectProblems(file, { dates_unknown: 1 });
    expect(messages).toHaveLength(304);
    for (const row of messages as { timestamp: number }[]) {
      expect(Number.isFinite(row.timestamp)).toBe(true);
    }
  });

  test('with __proto__ and constructor reach nothing', async () => {
    const evil = '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const text = JSON.stringify(object).replace(
      '"messages":[{',
      `"messages":[{"__proto__":{"polluted":1},"constructor":{"polluted":1},`,
    );
    const file = await gzip(
      text.replace('"metadata":"{\\"onggi', `"metadata":${JSON.stringify(evil)},"x":"`),
    );
    const { staged, db } = await restore(home, file);
    expect(problemCounts(staged.preview.summary)).toMatchObject({ unknown_keys: 3 });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    const row = await db.strict.messages.get(toMessageId('a-m0'));
    expect(Object.getPrototypeOf(row)).toBe(Object.prototype);
    expect(row).not.toHaveProperty('polluted');
  });

  test('with lone surrogates and NUL keep them', async () => {
    const content = '\ud800 \u0000 \udfff 옹기';
    const file = await withTable('messages', (rows) => at(rows, (row) => ({ ...row, content })));
    const { messages } = await expectProblems(file, { digest_differs: 1 });
    expect(messages).toContainEqual(expect.objectContaining({ content }));
  });

  test('with numbers no counter can go on from are numbered anew', async () => {
    const file = await withTable('messages', (rows) =>
      rows.map((row) => ({
        ...row,
        metadata: String(row['metadata']).replace('"seq":', '"seq":9007199254740'),
      })),
    );
    const { db } = await restore(home, file);
    const conversations = await db.strict.conversations.toArray();
    for (const { lastSeq } of conversations) expect(lastSeq).toBeLessThan(1e12);
  });

  test('that are no JSON stop none of the others', async () => {
    const broken = JSON.stringify(object).replace('"messages":[', '"messages":[{"a":tru},{],');
    const { messages } = await expectProblems(await gzip(broken), { rows_unreadable: 2 });
    expect(messages).toHaveLength(304);
  });
});

describe('a backup that would take something away', () => {
  test('by a missing table asks before a replacement and not before a merge', async () => {
    const { messages: _messages, ...rest } = object;
    const file = await gzip(rest);
    const replacing = await stage(home, file);
    expect(replacing.preview.questions).toContain('table_missing');
    await expect(replacing.finish([])).rejects.toMatchObject({ code: 'app/unexpected' });
    await replacing.discard();
    const merging = await stage(home, file, { mode: 'merge' });
    expect(merging.preview.questions).not.toContain('table_missing');
    await merging.discard();
  });

  test('by a table that only the data here have', async () => {
    await home.db.strict.drafts.add({ id: 'new', text: 'x', pasted: [], updatedAt: 1 });
    const { drafts: _drafts, ...rest } = object;
    const { preview, discard } = await stage(home, await gzip({ ...rest, format: undefined }));
    const missing = preview.summary.problems.find(({ code }) => code === 'table_missing');
    expect(missing?.examples).toContain('drafts');
    await discard();
  });

  test('by being empty asks', async () => {
    const empty = await openHome();
    const { preview, discard } = await stage(home, await backUp(empty.db));
    expect(preview.questions).toEqual(['all_empty']);
    await discard();
  });

  test('by damage asks', async () => {
    const file = await withTable('messages', (rows) => rows.slice(1));
    const { preview, discard } = await stage(home, file);
    expect(preview.questions).toEqual(['digest_differs', 'counts_differ']);
    expect(preview.summary).toMatchObject({ isVerifiable: true, isVerified: false });
    await discard();
  });
});

test('unknown tables, members and columns are left out and named', async () => {
  const file = await withTable('messages', (rows) => at(rows, (row) => ({ ...row, mood: 'good' })));
  const more = { ...(await readObject(file)), plugins: [{ a: 1 }], theme_song: 'la' };
  const { problems } = await verify(await gzip(more));
  expect(problems).toContainEqual({ code: 'unknown_tables', count: 1, examples: ['plugins'] });
  expect(problems).toContainEqual({
    code: 'unknown_keys',
    count: 2,
    examples: ['messages.mood', 'theme_song'],
  });
});
