/** Files of the specification's program, of older versions, and encrypted ones. */
import { Decrypter, Encrypter } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { LOCAL_USER_ID, toConversationId } from '#domain/ids.ts';
import seed from '../../fixtures/backup/seed.json';
import {
  NOW,
  SESSION_ID,
  addWhole,
  backUp,
  databaseNames,
  dump,
  gzip,
  openHome,
  problemCounts,
  restore,
  stage,
  verify,
  wholeConversation,
} from './support.ts';
import { verifyBackup } from '#backup/verify-backup.ts';

const versions = import.meta.glob<Record<string, unknown>>('../../fixtures/backup/v*.json', {
  eager: true,
  import: 'default',
});

/** As Python's `json.dump(data, f, indent=2)` writes it: everything beyond ASCII escaped. */
const asPython = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

describe('a file of the specification', () => {
  test('is read whole, and said not to be verifiable', async () => {
    const summary = await verify(await gzip(asPython(seed)));
    expect(summary).toMatchObject({
      formatVersion: null,
      schemaVersion: null,
      createdAt: new Date(2023, 10, 14, 22, 13, 20).getTime(),
      counts: { sessions: 1, conversations: 2, messages: 4, user_settings: 1 },
      isVerifiable: false,
      isVerified: false,
      earliestAt: new Date(2023, 10, 14, 22, 0, 1).getTime(),
      latestAt: new Date(2023, 10, 14, 22, 10, 0).getTime(),
    });
    expect(problemCounts(summary)).toEqual({
      counters_recomputed: 1,
      zone_assumed: 6,
      keys_ignored: 1,
    });
    expect(JSON.stringify(summary)).not.toContain('gAAAAABlU2s');
  });

  test.each(['replace', 'merge'] as const)(
    'with several rows of one day and model keeps all their figures: %s',
    async (mode) => {
      const home = await openHome();
      const row = (stat_id: string, request_count: number) => ({
        ...{ stat_id, user_id: 'u', date: '2023-11-14', model: 'm', request_count },
        ...{ total_tokens: 5, total_cost: 1 },
        ...{ error_count: 0, avg_response_time: 0.5 },
      });
      const usage_statistics = [row('a', 1), row('b', 4), row('a', 1)];
      const file = await gzip({ ...seed, usage_statistics });
      const { db } = await restore(home, file, { mode });
      expect(await db.strict.usageStatistics.toArray()).toMatchObject([
        { date: '2023-11-14', model: 'm', requestCount: 5, totalTokens: 10, totalCostUsd: 2 },
      ]);
    },
  );

  test.each(['replace', 'merge'] as const)(
    'tells rows of one day by their ids, however far apart they stand: %s',
    async (mode) => {
      const home = await openHome();
      const row = (stat_id: string, date: string) => ({
        ...{ stat_id, user_id: 'u', date, model: 'm', request_count: 2 },
        ...{ total_tokens: 5, total_cost: 1, error_count: 0, avg_response_time: 0.5 },
      });
      const others = Array.from({ length: 1500 }, (_, index) => {
        const date = new Date(Date.UTC(2010, 0, 1 + index)).toISOString().slice(0, 10);
        return row(`other ${index}`, date);
      });
      const days = ['a', 'b'].map((id) => row(id, '2023-11-14'));
      const usage_statistics = [...days, ...others, row('c', '2023-11-14'), ...days];
      const { db, staged } = await restore(home, await gzip({ ...seed, usage_statistics }), {
        mode,
      });
      expect(problemCounts(staged.preview.summary)).not.toHaveProperty('duplicate_ids');
      expect(await db.strict.usageStatistics.where({ date: '2023-11-14' }).toArray()).toMatchObject(
        [{ requestCount: 6, totalTokens: 15, totalCostUsd: 3 }],
      );
      expect(await db.strict.usageStatistics.toCollection().primaryKeys()).toHaveLength(1501);
    },
  );

  test('becomes conversations in the order of their times', async () => {
    const home = await openHome();
    const { db, staged } = await restore(home, await gzip(asPython(seed)));
    expect(problemCounts(staged.preview.summary)).toEqual({
      counters_recomputed: 1,
      zone_assumed: 6,
      keys_ignored: 1,
    });
    const messages = await db.strict.messages
      .where('[conversationId+seq]')
      .between(['c1', 0], ['c1', 9])
      .toArray();
    expect(messages.map(({ id, parentId, seq }) => [id, parentId, seq])).toEqual([
      ['m1', null, 0],
      ['m2', 'm1', 1],
      ['m3', 'm2', 2],
    ]);
    expect(messages[1]).toMatchObject({
      content: 'second',
      modelUsed: 'gpt-4',
      responseTimeMs: 1500,
      rating: 5,
      feedback: '좋아요',
      metadata: { n: 1 },
      status: 'complete',
    });
    expect(await db.strict.conversations.get(toConversationId('c1'))).toMatchObject({
      title: '옹기 이야기 🍯',
      titleOrigin: 'person',
      tags: ['여행', 'work'],
      messageCount: 3,
      totalTokens: 30,
      lastSeq: 2,
      activeLeafId: 'm3',
    });
    expect(await db.strict.conversations.get(toConversationId('c2'))).toMatchObject({
      status: 'archived',
      messageCount: 1,
      activeLeafId: 'm4',
    });
  });

  test('gives its settings to the person here', async () => {
    const home = await openHome();
    const { db } = await restore(home, await gzip(asPython(seed)));
    expect(await db.strict.userSettings.toArray()).toMatchObject([
      {
        userId: LOCAL_USER_ID,
        theme: 'dark',
        fontSize: 'large',
        streamResponse: false,
        showTokenCount: true,
        systemPrompt: '친절하게',
      },
    ]);
  });

  test('whose rows name no visit belong to the present one', async () => {
    const home = await openHome();
    const without = (rows: readonly object[]) =>
      rows.map((row) => ({ ...row, session_id: undefined }));
    const file = {
      ...seed,
      conversations: without(seed.conversations),
      messages: without(seed.messages),
    };
    const { db } = await restore(home, await gzip(asPython(file)));
    const rows = [
      ...(await db.strict.conversations.toArray()),
      ...(await db.strict.messages.toArray()),
    ];
    expect(new Set(rows.map(({ sessionId }) => sessionId))).toEqual(new Set([SESSION_ID]));
  });

  test('merged twice changes nothing the second time', async () => {
    const home = await openHome();
    const file = await gzip(asPython(seed));
    const { db } = await restore(home, file);
    const { db: twice, staged } = await restore({ ...home, db }, file, { mode: 'merge' });
    expect(staged.preview.merged).toMatchObject({
      conversations: { added: 0, updated: 0, unchanged: 2 },
      messages: { added: 0, updated: 0, unchanged: 4 },
      user_settings: { added: 0, updated: 0, unchanged: 1 },
    });
    expect(await dump(twice)).toEqual(await dump(db));
  });
});

describe.each(Object.entries(versions))('a backup of an older version, %s', (_path, file) => {
  test('is restored without a remark', async () => {
    const home = await openHome();
    const { db, staged } = await restore(home, await gzip(file));
    expect(staged.preview.summary.problems).toEqual([]);
    expect(await db.strict.conversations.toArray()).toMatchObject([
      { id: 'c', title: '제목 🍯', pinned: 1, messageCount: 2, activeLeafId: 'b' },
    ]);
    expect(await db.strict.messages.toArray()).toMatchObject([
      { id: 'a', content: '질문', parentId: null, seq: 0 },
      { id: 'b', content: '答え', parentId: 'a', seq: 1, status: 'stopped' },
    ]);
    expect(await db.strict.drafts.toArray()).toMatchObject([{ id: 'new', text: '쓰다 만' }]);
  });
});

describe('an encrypted backup', () => {
  const passphrase = '옹기 항아리 고추장';
  const workFactor = 10;
  const options = { schemaVersion: 2 };

  test('is the same gzip file behind a passphrase', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 50));
    const file = await backUp(home.db, { passphrase, workFactor });
    expect(file.name).toMatch(/\.json\.gz\.age$/);
    const decrypter = new Decrypter();
    decrypter.addPassphrase(passphrase);
    const opened = await decrypter.decrypt(new Uint8Array(await file.arrayBuffer()));
    const plain = new Blob([opened as Uint8Array<ArrayBuffer>]);
    expect(await verify(plain)).toMatchObject({ isVerified: true, counts: { messages: 50 } });
    const { db, staged } = await restore(home, file, { passphrase });
    expect(staged.preview.summary).toMatchObject({ isEncrypted: true, isVerified: true });
    expect(await dump(db)).toEqual(await dump(home.db));
  });

  test.each([
    ['without a passphrase', undefined, 'file/passphrase-needed'],
    ['with an empty one', '', 'file/passphrase-needed'],
    ['with a wrong one', 'wrong', 'file/passphrase-wrong'],
  ])('%s is refused, and nothing is left', async (_name, given, code) => {
    const home = await openHome();
    const file = await backUp(home.db, { passphrase, workFactor });
    const staging = stage(home, file, { passphrase: given });
    await expect(staging).rejects.toMatchObject({ code });
    expect(await databaseNames(home)).toEqual([home.db.name]);
  });

  test('with changed or missing bytes is damaged', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 50));
    const file = await backUp(home.db, { passphrase, workFactor });
    const bytes = new Uint8Array(await file.arrayBuffer());
    const turned = bytes.slice();
    turned[bytes.length - 40] = (turned[bytes.length - 40] ?? 0) ^ 1;
    for (const damaged of [turned, bytes.slice(0, -1), bytes.slice(0, 60)]) {
      const reading = verifyBackup(new Blob([damaged]), { ...options, passphrase });
      await expect(reading).rejects.toMatchObject({ code: 'file/damaged' });
    }
  });

  test('that is made for a key pair, or would take gigabytes to open, is not opened', async () => {
    const encrypter = new Encrypter();
    encrypter.addRecipient('age1ql3z7hjy54pw3hyww5ayyfg7zqgvc7w3j2elw8zmrj2kg5sfn9aqmcac8p');
    const forKey = await encrypter.encrypt('x');
    const header = 'age-encryption.org/v1\n-> scrypt ' + 'A'.repeat(22) + ' 22\n' + 'A'.repeat(43);
    const costly = new TextEncoder().encode(`${header}\n--- ${'A'.repeat(43)}\n`);
    for (const bytes of [forKey as Uint8Array<ArrayBuffer>, costly]) {
      const reading = verifyBackup(new Blob([bytes]), { ...options, passphrase });
      await expect(reading).rejects.toMatchObject({ code: 'file/encrypted' });
    }
  });

  test('around a bomb is stopped as well', async () => {
    const spaces = await gzip(`{"timestamp":"20231114_221320",${' '.repeat(60 * 1024 * 1024)}`);
    const encrypter = new Encrypter();
    encrypter.setPassphrase(passphrase);
    encrypter.setScryptWorkFactor(workFactor);
    const bytes = await encrypter.encrypt(new Uint8Array(await spaces.arrayBuffer()));
    const file = new Blob([bytes as Uint8Array<ArrayBuffer>]);
    const reading = verifyBackup(file, { ...options, passphrase });
    await expect(reading).rejects.toMatchObject({ code: 'file/expands-too-much' });
  });
});

test('a backup takes its name from local time', async () => {
  const home = await openHome();
  const two = (value: number) => String(value).padStart(2, '0');
  const date = new Date(NOW);
  const day = `${date.getFullYear()}${two(date.getMonth() + 1)}${two(date.getDate())}`;
  const time = `${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
  expect((await backUp(home.db)).name).toBe(`backup_${day}_${time}.json.gz`);
});
