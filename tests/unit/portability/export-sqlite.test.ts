import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import initSqlJs from 'sql.js';
import type { SqlJsStatic, SqlValue } from 'sql.js';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { NativeConversation, ReadItem } from '#domain/imported.ts';
import { LOCAL_USER_ID, toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createConversation } from '#domain/conversation.ts';
import { createMessage } from '#domain/message.ts';
import { exportSqlite } from '#portability/export-sqlite.ts';
import { readSqliteDocuments, readSqliteItems } from '#portability/import-sqlite.ts';
import { openSqlite } from '#portability/open-sqlite.ts';
import { readSqliteTables } from '#portability/read-sqlite-tables.ts';
import type { SqliteTables } from '#portability/read-sqlite-tables.ts';
import { EMPTY_STORE, HOSTILE_TEXTS, anyStore, toPages } from './sql-store.ts';
import type { StoreRows } from './sql-store.ts';

let sqlite: SqlJsStatic;
beforeAll(async () => {
  sqlite = await initSqlJs();
});

async function exportBytes(rows: StoreRows, pageSize = 1000): Promise<Uint8Array> {
  const { file } = await exportSqlite(sqlite, toPages(rows, pageSize), { schemaVersion: 2 });
  return new Uint8Array(await file.arrayBuffer());
}

interface ReadBack {
  readonly items: readonly ReadItem[];
  readonly documents: readonly ReadItem[];
  readonly tables: SqliteTables;
}

function readBack(bytes: Uint8Array): ReadBack {
  const file = openSqlite(sqlite, bytes.slice());
  try {
    const documents = [...readSqliteDocuments(file)];
    return { items: [...readSqliteItems(file, 0)], documents, tables: readSqliteTables(file) };
  } finally {
    file.close();
  }
}

function natives(items: readonly ReadItem[]): NativeConversation[] {
  return items.map((item) => {
    if (item.kind !== 'native') throw new Error(`${item.kind}: ${JSON.stringify(item)}`);
    return item.native;
  });
}

function rowOfDocument(item: ReadItem): unknown {
  if (item.kind !== 'document') throw new Error(`${item.kind}: ${JSON.stringify(item)}`);
  return { ...item.document.row, text: item.document.text };
}

function query(bytes: Uint8Array, sql: string): SqlValue[][] {
  const database = new sqlite.Database(bytes);
  try {
    return database.exec(sql)[0]?.values ?? [];
  } finally {
    database.close();
  }
}

/** One conversation of one message. */
function oneMessageStore(content: string, fields: Partial<StoreRows> = {}): StoreRows {
  const conversationId = toConversationId('c');
  const sessionId = toSessionId('s');
  const message = createMessage({
    id: toMessageId('m'),
    conversationId,
    sessionId,
    parentId: null,
    seq: 0,
    role: 'user',
    content,
    timestamp: 1_700_000_000_123,
  });
  const conversation = createConversation({
    id: conversationId,
    sessionId,
    createdAt: 1_700_000_000_123,
    messageCount: 1,
    lastSeq: 0,
    activeLeafId: message.id,
  });
  return { ...EMPTY_STORE, conversations: [conversation], messages: [message], ...fields };
}

describe('exportSqlite and back', () => {
  it('gives back every row of any store exactly', async () => {
    await fc.assert(
      fc.asyncProperty(anyStore, fc.constantFrom(1, 2, 1000), async (rows, pageSize) => {
        const { items, documents, tables } = readBack(await exportBytes(rows, pageSize));
        expect(documents.map(rowOfDocument)).toEqual(rows.documents);
        const found = natives(items);
        expect(found.map(({ conversation }) => conversation)).toEqual(rows.conversations);
        expect(found.flatMap(({ messages }) => messages)).toEqual(rows.messages);
        expect(found.flatMap(({ notes }) => notes)).toEqual([]);
        const bytesById = Object.fromEntries(rows.attachments.map((file) => [file.id, file.bytes]));
        const foundBytes = found.flatMap((native) => Object.entries(native.bytesById));
        expect(Object.fromEntries(foundBytes)).toEqual(bytesById);
        expect(tables.sessions).toEqual(rows.sessions);
        expect(tables.userSettings).toEqual(rows.userSettings);
        expect(tables.usageStatistics).toEqual(
          rows.usageStatistics.map((row) => ({ row, statId: row.id })),
        );
        expect(tables.endpoints).toEqual(rows.endpoints);
        expect(tables.drafts).toEqual(rows.drafts);
        expect(tables.unreadableCount).toBe(0);
      }),
      { numRuns: 400 },
    );
  }, 120_000);

  it.each(HOSTILE_TEXTS)(
    'keeps %j, and no column holds what other programs refuse',
    async (text) => {
      const bytes = await exportBytes(oneMessageStore(text));
      const [native] = natives(readBack(bytes).items);
      expect(native?.messages[0]?.content).toBe(text);
      const [[stored] = []] = query(bytes, 'SELECT hex(content) FROM messages');
      const plain = Buffer.from(String(stored), 'hex').toString('utf8');
      expect(plain).toBe(text.replace(/\p{Surrogate}/gu, '\ufffd').replaceAll('\0', ''));
    },
  );

  it('takes the column when somebody changed it after the export', async () => {
    const bytes = await exportBytes(oneMessageStore('with \0 in it'));
    const database = new sqlite.Database(bytes);
    database.run("UPDATE messages SET content = 'changed by hand'");
    const changed = database.export();
    database.close();
    expect(natives(readBack(changed).items)[0]?.messages[0]?.content).toBe('changed by hand');
  });

  it.each([0, 1, 999, 1000, 1001])('writes and reads %i messages', async (count) => {
    const one = oneMessageStore('x');
    const [template] = one.messages;
    const messages = Array.from({ length: count }, (_value, seq) => ({
      ...(template as NonNullable<typeof template>),
      id: toMessageId(`m${seq}`),
      parentId: seq === 0 ? null : toMessageId(`m${seq - 1}`),
      seq,
    }));
    const bytes = await exportBytes({ ...one, messages });
    expect(query(bytes, 'SELECT count(*) FROM messages')).toEqual([[count]]);
    expect(natives(readBack(bytes).items)[0]?.messages).toHaveLength(count);
  });
});

describe('the SQLite file', () => {
  it('is whole by the checks of sql.js, its foreign keys hold, its version is the schema', async () => {
    await fc.assert(
      fc.asyncProperty(anyStore, async (rows) => {
        const bytes = await exportBytes(rows);
        expect(query(bytes, 'PRAGMA integrity_check')).toEqual([['ok']]);
        expect(query(bytes, 'PRAGMA foreign_key_check')).toEqual([]);
        expect(query(bytes, 'PRAGMA user_version')).toEqual([[2]]);
      }),
      { numRuns: 20 },
    );
  }, 60_000);

  it('stands in for a session that the store no longer has, and does not give it back', async () => {
    const bytes = await exportBytes(oneMessageStore('x'));
    expect(query(bytes, 'SELECT session_id, status, created_at FROM sessions')).toEqual([
      ['s', 'expired', '2023-11-14T22:13:20.123+00:00'],
    ]);
    expect(readBack(bytes).tables.sessions).toEqual([]);
  });

  it('leaves out, and counts, messages of a conversation that is not in it', async () => {
    const rows = { ...oneMessageStore('x'), conversations: [] };
    const { leftOutCount, rowsByTable } = await exportSqlite(sqlite, toPages(rows), {
      schemaVersion: 2,
    });
    expect({ leftOutCount, rowsByTable }).toEqual({ leftOutCount: 1, rowsByTable: {} });
  });

  it('holds durations in seconds and the settings with no key', async () => {
    const bytes = await exportBytes({
      ...oneMessageStore('x'),
      usageStatistics: [
        {
          id: 'u',
          userId: LOCAL_USER_ID,
          date: '2026-11-22',
          model: 'm',
          requestCount: 2,
          promptTokens: 1,
          completionTokens: 2,
          totalTokens: 3,
          totalCostUsd: 0.000123,
          unpricedCount: 0,
          totalResponseTimeMs: 3000,
          timedCount: 2,
          errorCount: 0,
        },
      ],
    });
    expect(query(bytes, 'SELECT avg_response_time, total_cost FROM usage_statistics')).toEqual([
      [1.5, 0.000123],
    ]);
    expect(query(bytes, 'SELECT user_id, api_keys_encrypted FROM user_settings')).toEqual([
      ['local', null],
    ]);
  });

  it('carries no key, whatever else a row has', async () => {
    const secret = 'sk-marker-0123456789';
    const [conversation] = oneMessageStore('x').conversations;
    // Rows of a database that somebody meddled with: fields that no list names.
    const meddled = Object.assign({}, conversation, { apiKey: secret, api_keys: { a: secret } });
    const bytes = await exportBytes(oneMessageStore('x', { conversations: [meddled] }));
    expect(Buffer.from(bytes).includes(secret)).toBe(false);
  });

  it('stops when it is cancelled', async () => {
    const stop = new AbortController();
    const exporting = exportSqlite(sqlite, toPages(oneMessageStore('x')), {
      schemaVersion: 2,
      signal: stop.signal,
      onProgress: () => stop.abort(new Error('enough')),
    });
    await expect(exporting).rejects.toThrow('enough');
  });

  it('says how large the file is so far', async () => {
    const told: number[] = [];
    const onProgress = ({ doneBytes }: { doneBytes: number }) => told.push(doneBytes);
    const store = toPages(oneMessageStore('x'.repeat(100_000)));
    const { file } = await exportSqlite(sqlite, store, { schemaVersion: 2, onProgress });
    expect(told.at(-1)).toBeGreaterThan(100_000);
    // The indexes come last.
    expect(told.at(-1)).toBeLessThanOrEqual(file.size);
  });

  it('refuses a store whose file would be larger than one may be', async () => {
    const options = { schemaVersion: 2 };
    const exporting = (length: number) =>
      exportSqlite(sqlite, toPages(oneMessageStore('x'.repeat(length))), options, 512 * 1024);
    await expect(exporting(1_000_000)).rejects.toMatchObject({ code: 'export/too-large' });
    expect((await exporting(1000)).file.size).toBeLessThanOrEqual(512 * 1024);
  });

  it('says so too when the memory for it gives out', async () => {
    const short = [
      new RangeError('Array buffer allocation failed'),
      new WebAssembly.RuntimeError('Aborted(OOM)'),
      new Error('out of memory'),
    ];
    for (const error of short) {
      class ShortOfMemory extends sqlite.Database {
        override export(): Uint8Array {
          throw error;
        }
      }
      const exporting = exportSqlite(
        { ...sqlite, Database: ShortOfMemory },
        toPages(oneMessageStore('x')),
        { schemaVersion: 2 },
      );
      await expect(exporting).rejects.toMatchObject({ code: 'export/too-large', cause: error });
    }
  });

  // Named, because knip takes a literal for a program that package.json must list.
  const program = 'sqlite3';
  const hasSqlite = spawnSync(program, ['--version']).status === 0;
  it.skipIf(!hasSqlite)('opens in the sqlite3 program (needs sqlite3)', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'onggi-sqlite-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const file = path.join(folder, 'onggi.sqlite');
    const [sample] = fc.sample(anyStore, { numRuns: 1, seed: 7 });
    writeFileSync(file, await exportBytes(sample as StoreRows));
    const ask = (sql: string): string =>
      execFileSync(program, ['-bail', file, sql], { encoding: 'utf8' }).trim();
    expect(ask('PRAGMA integrity_check')).toBe('ok');
    expect(ask('PRAGMA foreign_key_check')).toBe('');
    expect(ask('SELECT count(*) FROM messages')).toBe(String(sample?.messages.length));
    expect(ask('SELECT count(*) FROM response_cache')).toBe('0');
  });
});
