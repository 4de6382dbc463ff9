import initSqlJs from 'sql.js';
import type { Database, SqlJsStatic } from 'sql.js';
import { beforeAll, describe, expect, it } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import type { NativeConversation, ReadItem } from '#domain/imported.ts';
import { readSqliteItems } from '#portability/import-sqlite.ts';
import { openSqlite } from '#portability/open-sqlite.ts';
import { readSqliteTables } from '#portability/read-sqlite-tables.ts';
import { createTableStatements } from '#portability/sql-schema.ts';
import { hasSpecification, readSeedSchema } from '../../support/seed-schema.ts';

const FILE_DATE = 1_700_000_000_000;

let sqlite: SqlJsStatic;
beforeAll(async () => {
  sqlite = await initSqlJs();
});

/** The bytes of a database that `fill` makes. */
function makeFile(fill: (database: Database) => void): Uint8Array {
  const database = new sqlite.Database();
  try {
    fill(database);
    return database.export();
  } finally {
    database.close();
  }
}

/** A file with the tables of an export, then whatever `sql` does. */
function fileWith(...sql: string[]): Uint8Array {
  return makeFile((database) => {
    for (const statement of [...createTableStatements('sqlite'), ...sql]) database.run(statement);
  });
}

function readItems(bytes: Uint8Array): readonly ReadItem[] {
  const file = openSqlite(sqlite, bytes.slice());
  try {
    return [...readSqliteItems(file, FILE_DATE)];
  } finally {
    file.close();
  }
}

function readNatives(bytes: Uint8Array): NativeConversation[] {
  return readItems(bytes).flatMap((item) => (item.kind === 'native' ? [item.native] : []));
}

function codeOf(bytes: Uint8Array): string | undefined {
  try {
    readItems(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof OnggiError) return error.code;
    throw error;
  }
}

const T0 = '2026-11-22T07:30:23.000+00:00';
const SESSION = `INSERT INTO sessions (session_id) VALUES ('s')`;
const conversation = (id: string): string =>
  `INSERT INTO conversations (conversation_id, session_id, title, created_at, updated_at)
   VALUES ('${id}', 's', 'title of ${id}', '${T0}', '${T0}')`;
const message = (id: string, conversationId: string, own = '{}', second = 0): string =>
  `INSERT INTO messages (message_id, conversation_id, session_id, role, content, timestamp, metadata)
   VALUES ('${id}', '${conversationId}', 's', 'user', 'text of ${id}',
           '2026-11-22T07:30:${String(second).padStart(2, '0')}.000+00:00', '{"onggi":${own}}')`;

describe('a database of the specification', () => {
  it.skipIf(!hasSpecification)(
    'is read as it is: a chain by time, dates in this zone, its own columns alone (needs ../shared)',
    () => {
      const bytes = makeFile((database) => {
        database.run(readSeedSchema() ?? '');
        database.run(`
          INSERT INTO sessions (session_id, created_at) VALUES ('s', '2026-01-02 03:04:05');
          INSERT INTO conversations (conversation_id, session_id, title, created_at, updated_at, tags,
            message_count, total_tokens)
          VALUES ('c', 's', '옹기', '2026-01-02 03:04:05', '2026-01-02 03:04:07.500000', '["흙"]', 2, 12);
          INSERT INTO messages (message_id, conversation_id, session_id, role, content, timestamp)
          VALUES ('m2', 'c', 's', 'assistant', '항아리', '2026-01-02T03:04:07');
          INSERT INTO messages (message_id, conversation_id, session_id, role, content, timestamp,
            token_count, model_used, temperature, response_time, rating, attachments)
          VALUES ('m1', 'c', 's', 'user', '옹기가 뭐야?', '2026-01-02 03:04:06', 12, 'gpt-3.5-turbo',
            0.7, 1.25, 5, '[{"name": "a.png"}]');
          INSERT INTO user_settings (user_id, theme, auto_save, api_keys_encrypted)
          VALUES ('someone', 'dark', 0, 'sk-secret');
        `);
      });

      const [native] = readNatives(bytes);
      expect(native?.conversation).toMatchObject({
        id: 'c',
        sessionId: 's',
        title: '옹기',
        createdAt: new Date(2026, 0, 2, 3, 4, 5).getTime(),
        updatedAt: new Date(2026, 0, 2, 3, 4, 7, 500).getTime(),
        tags: ['흙'],
        messageCount: 2,
        totalTokens: 12,
        lastSeq: 1,
        activeLeafId: 'm2',
        source: 'seed',
        sourceId: 'c',
      });
      expect(native?.messages).toMatchObject([
        { id: 'm1', parentId: null, seq: 0, tokenCount: 12, responseTimeMs: 1250, rating: 5 },
        { id: 'm2', parentId: 'm1', seq: 1, role: 'assistant', content: '항아리' },
      ]);
      expect(native?.notes).toEqual(['zone_assumed']);

      const file = openSqlite(sqlite, bytes);
      const tables = readSqliteTables(file);
      file.close();
      expect(tables.userSettings).toMatchObject([
        { userId: 'someone', theme: 'dark', autoSave: false },
      ]);
      expect(JSON.stringify(tables)).not.toContain('sk-secret');
    },
  );

  it('may lack columns and tables', () => {
    const bytes = makeFile((database) => {
      database.run(`
        CREATE TABLE Conversations (Conversation_Id TEXT, Title TEXT);
        CREATE TABLE messages (conversation_id TEXT, role TEXT, content TEXT);
        INSERT INTO conversations VALUES ('c', 'bare');
        INSERT INTO messages VALUES ('c', 'user', 'one'), ('c', 'assistant', 'two');
      `);
    });
    const [native] = readNatives(bytes);
    expect(native?.conversation).toMatchObject({ title: 'bare', createdAt: FILE_DATE + 1 });
    expect(native?.messages).toMatchObject([
      { id: 'c-0', content: 'one', parentId: null, timestamp: FILE_DATE + 1 },
      { id: 'c-1', content: 'two', parentId: 'c-0', timestamp: FILE_DATE + 2 },
    ]);
    expect(native?.notes).toContain('date_unknown');
  });
});

describe('rows that are wrong', () => {
  const WRONG_VALUES = [
    'NULL',
    "''",
    "'x'",
    '17',
    '-1.5',
    "x'ff00'",
    "'[]'",
    "'{}'",
    "'null'",
    '9e99',
  ];
  const columnsOf = (table: string): string[] => {
    const statement = createTableStatements('sqlite').find((text) =>
      text.startsWith(`CREATE TABLE "${table}"`),
    );
    return [...(statement ?? '').matchAll(/^ {2}"(\w+)"/gm)].map(([, name = '']) => name);
  };
  /** The same tables without any rule, so that every value gets in. */
  const loose = (table: string): string =>
    `CREATE TABLE ${table} (${columnsOf(table)
      .map((name) => `"${name}"`)
      .join(', ')})`;

  it.each(['conversations', 'messages', 'attachments'])(
    'cost at most themselves, with any value in any column of %s',
    (table) => {
      for (const column of columnsOf(table)) {
        for (const value of WRONG_VALUES) {
          const bytes = makeFile((database) => {
            for (const name of ['sessions', 'conversations', 'messages', 'attachments']) {
              database.run(loose(name));
            }
            for (const id of ['bad', 'good']) {
              database.run(conversation(id));
              database.run(message(`m-${id}`, id));
              database.run(
                `INSERT INTO attachments (attachment_id, conversation_id, message_id, name, bytes)
                 VALUES ('a-${id}', '${id}', 'm-${id}', 'name', x'00')`,
              );
            }
            database.run(`UPDATE ${table} SET "${column}" = ${value} WHERE rowid = 1`);
          });
          const good = readNatives(bytes).find((native) => native.conversation.id === 'good');
          expect(good?.messages, `${column} = ${value}`).toHaveLength(1);
        }
      }
    },
  );

  it('keep the messages of a conversation that is missing', () => {
    const [native] = readNatives(fileWith(SESSION, message('m', 'gone')));
    expect(native?.conversation).toMatchObject({ id: 'gone', title: null, messageCount: 1 });
    expect(native?.conversation.createdAt).toBe(Date.parse('2026-11-22T07:30:00Z'));
    expect(native?.messages).toMatchObject([{ content: 'text of m' }]);
    expect(native?.notes).toEqual(['tree_repaired']);
  });

  it('take a role onggi does not know for an answer, and keep its name', () => {
    const bytes = fileWith(
      SESSION,
      conversation('c'),
      message('m', 'c'),
      "UPDATE messages SET role = 'narrator'",
    );
    const [native] = readNatives(bytes);
    expect(native?.messages).toMatchObject([
      { role: 'assistant', metadata: { source_role: 'narrator' } },
    ]);
    expect(native?.notes).toContain('role_unknown');
  });

  it('get a tree where parents are missing or in a circle', () => {
    const own = (seq: number, parent: string | null): string =>
      JSON.stringify({ seq, parent_id: parent });
    const bytes = fileWith(
      SESSION,
      conversation('c'),
      message('m0', 'c', own(0, null)),
      message('m1', 'c', own(1, 'nobody')),
      message('m2', 'c', own(2, 'm3')),
      message('m3', 'c', own(3, 'm2')),
      message('m4', 'c', own(4, 'm4')),
    );
    const [native] = readNatives(bytes);
    expect(native?.messages.map(({ id, parentId, seq }) => [id, parentId, seq])).toEqual([
      ['m0', null, 0],
      ['m1', 'm0', 1],
      ['m3', 'm1', 2],
      ['m2', 'm3', 3],
      ['m4', 'm2', 4],
    ]);
    expect(native?.notes).toContain('tree_repaired');
  });

  it('get counters that are true, and a shown branch that exists', () => {
    const bytes = fileWith(
      SESSION,
      conversation('c'),
      message('m', 'c'),
      `UPDATE conversations SET message_count = 99, metadata = '{"onggi":{"active_leaf_id":"x"}}'`,
    );
    const [native] = readNatives(bytes);
    expect(native?.conversation).toMatchObject({ messageCount: 1, activeLeafId: 'm' });
    expect(native?.notes).toEqual(['counters_recomputed', 'leaf_guessed']);
  });

  it('cannot reach a prototype', () => {
    const bytes = fileWith(
      SESSION,
      conversation('__proto__'),
      message('m', '__proto__'),
      `UPDATE messages SET metadata = '{"__proto__":{"polluted":1},"constructor":2,"onggi":{"__proto__":{"seq":5}}}'`,
    );
    const [native] = readNatives(bytes);
    expect(native?.conversation.id).toBe('__proto__');
    expect(Object.getPrototypeOf(native?.messages[0]?.metadata)).toBe(Object.prototype);
    expect({}).not.toHaveProperty('polluted');
  });

  it('leave out JSON that is a million deep', () => {
    const deep = `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`;
    const bytes = fileWith(
      SESSION,
      conversation('c'),
      message('m', 'c'),
      `UPDATE messages SET metadata = '{"deep":${deep}}'`,
    );
    const [native] = readNatives(bytes);
    expect(native?.messages).toMatchObject([{ content: 'text of m', metadata: {} }]);
    expect(native?.notes).toContain('value_ignored');
  });

  it('keep a message whole whose reasoning and blocks are longer than one text', () => {
    const bytes = makeFile((database) => {
      for (const statement of createTableStatements('sqlite')) database.run(statement);
      database.run(SESSION);
      database.run(conversation('c'));
      database.run(message('m', 'c'));
      const own = {
        reasoning: 'x'.repeat(9_999_000),
        parts: [{ type: 'x', y: 'z'.repeat(100_000) }],
      };
      database.run('UPDATE messages SET metadata = ?', [JSON.stringify({ kept: 1, onggi: own })]);
    });
    const [native] = readNatives(bytes);
    const [row] = native?.messages ?? [];
    expect(row?.metadata).toEqual({ kept: 1 });
    expect(row?.reasoning).toHaveLength(9_999_000);
    expect(row?.parts).toHaveLength(1);
    expect(native?.notes).not.toContain('value_ignored');
  });

  it('leave out a text longer than a field may be, and go on with the others', () => {
    const bytes = fileWith(
      SESSION,
      conversation('c'),
      message('m1', 'c'),
      message('m2', 'c'),
      `UPDATE messages SET content = hex(zeroblob(16000000)) WHERE message_id = 'm1'`,
    );
    const [native] = readNatives(bytes);
    expect(native?.messages.map(({ id }) => id)).toEqual(['m2']);
    expect(native?.notes).toContain('value_ignored');
  });
});

describe('a hostile database', () => {
  const passedOver = (label: string) => ({ kind: 'skipped', reason: 'unreadable_element', label });
  const BOMB =
    '(WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n)';

  it('runs no view that is named like a table', () => {
    const bytes = makeFile((database) => {
      database.run(createTableStatements('sqlite').join('').replace('"messages"', '"other"'));
      database.run(SESSION);
      database.run(conversation('c'));
      database.run(`CREATE VIEW messages AS SELECT ${BOMB} AS conversation_id`);
    });
    expect(readNatives(bytes)).toMatchObject([{ conversation: { id: 'c' }, messages: [] }]);
    expect(readItems(bytes)).toContainEqual(passedOver('messages'));
  });

  it('compiles no view: of views upon views each level takes twice as long', () => {
    const bytes = makeFile((database) => {
      for (const statement of createTableStatements('sqlite')) database.run(statement);
      database.run(SESSION);
      database.run(conversation('c'));
      for (const tower of ['t', 'u', 'v', 'w', 'x', 'y']) {
        database.run(`CREATE VIEW ${tower}0 AS SELECT 1 AS n`);
        for (let level = 1; level <= 30; level += 1) {
          const below = `${tower}${level - 1}`;
          database.run(`CREATE VIEW ${tower}${level} AS SELECT a.n FROM ${below} a, ${below} b`);
        }
      }
    });
    expect(readItems(bytes)).toMatchObject([{ native: { conversation: { id: 'c' } } }]);
  });

  it('of views alone is refused, and names them', () => {
    const bytes = makeFile((database) => {
      database.run(`CREATE VIEW conversations AS SELECT ${BOMB} AS conversation_id`);
      database.run('CREATE VIEW messages AS SELECT * FROM conversations');
    });
    expect(() => readItems(bytes)).toThrow(
      expect.objectContaining({
        code: 'file/unknown-format',
        detail: 'conversations, messages',
      }),
    );
  });

  it('keeps what it has in tables without row numbers to itself, and that is told', () => {
    const bytes = makeFile((database) => {
      database.run(`
        CREATE TABLE conversations (conversation_id TEXT, title TEXT);
        INSERT INTO conversations VALUES ('c', 'found');
        CREATE TABLE messages (message_id TEXT PRIMARY KEY, conversation_id TEXT) WITHOUT ROWID;
        INSERT INTO messages VALUES ('m', 'c');
      `);
    });
    const [skipped, item] = readItems(bytes);
    expect(skipped).toEqual(passedOver('messages'));
    expect(item).toMatchObject({ native: { conversation: { title: 'found' }, messages: [] } });
  });

  it('acts on nothing that somebody hung on its tables when rows are read', () => {
    const bytes = fileWith(
      SESSION,
      conversation('c'),
      message('m', 'c'),
      `CREATE TRIGGER t1 AFTER UPDATE ON messages BEGIN DELETE FROM messages; END`,
      `CREATE TRIGGER t2 BEFORE DELETE ON conversations BEGIN SELECT ${BOMB}; END`,
      `CREATE VIEW endless AS SELECT ${BOMB} AS x`,
      `CREATE TRIGGER t3 INSTEAD OF INSERT ON endless BEGIN DELETE FROM conversations; END`,
    );
    expect(readNatives(bytes)).toMatchObject([{ messages: [{ id: 'm' }] }]);
  });

  it('that says to have pages which are not there is refused', () => {
    const bytes = fileWith(SESSION, conversation('c'), message('m', 'c'));
    // The number of pages, and of the first free one.
    for (const [at, value] of [
      [28, 0xffff_fffe],
      [28, 1],
      [32, 0x7fff_ffff],
    ] as const) {
      const hostile = bytes.slice();
      new DataView(hostile.buffer).setUint32(at, value);
      expect([undefined, 'file/damaged']).toContain(codeOf(hostile));
    }
    // Page sizes that are no power of two, and one page as large as the file cannot be.
    for (const size of [0, 3, 513, 1]) {
      const hostile = bytes.slice();
      new DataView(hostile.buffer).setUint16(16, size);
      expect(['file/damaged', 'file/unknown-format']).toContain(codeOf(hostile));
    }
  });

  it('runs no trigger, no computed column, no index expression, no virtual table', () => {
    const bytes = makeFile((database) => {
      database.run(`
        CREATE TABLE conversations (conversation_id TEXT, title TEXT, created_at TEXT,
          CHECK (length(hex(zeroblob(100000000))) >= 0));
        PRAGMA ignore_check_constraints = ON;
        INSERT INTO conversations VALUES ('c', 'safe', '${T0}');
        CREATE INDEX evil ON conversations (conversation_id) WHERE title <> 'safe';
        CREATE TRIGGER t AFTER INSERT ON conversations BEGIN DELETE FROM conversations; END;
        CREATE TABLE messages (conversation_id TEXT, content TEXT AS (hex(zeroblob(0))));
        INSERT INTO messages VALUES ('c');
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'zeroblob(0)', 'zeroblob(600000000)');
        CREATE VIRTUAL TABLE attachments USING fts3 (conversation_id, bytes);
        INSERT INTO attachments VALUES ('c', 'x');
      `);
    });
    expect(readNatives(bytes)).toMatchObject([
      { conversation: { id: 'c', title: 'safe' }, messages: [], bytesById: {} },
    ]);
  });

  it('cannot hide its row numbers behind a column', () => {
    const bytes = makeFile((database) => {
      database.run(`
        CREATE TABLE conversations (conversation_id TEXT, rowid TEXT, _rowid_ TEXT, title TEXT);
        INSERT INTO conversations VALUES ('c', 'x', 'y', 'found');
      `);
    });
    expect(readNatives(bytes)).toMatchObject([{ conversation: { title: 'found' } }]);
  });

  it('is refused when pages are used many times, which would multiply its rows', () => {
    const bytes = fileWith(
      SESSION,
      conversation('c'),
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
       INSERT INTO messages (message_id, conversation_id, session_id, role, content)
       SELECT i, 'c', 's', 'user', 'some text that fills pages' FROM n`,
    );
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // Inner pages of a table begin with 5: let every child of each be its own first child.
    for (let page = 4096; page < bytes.length; page += 4096) {
      if (view.getUint8(page) !== 5) continue;
      const cells = view.getUint16(page + 3);
      const first = view.getUint32(page + view.getUint16(page + 12));
      for (let cell = 0; cell < cells; cell += 1) {
        view.setUint32(page + view.getUint16(page + 12 + 2 * cell), first);
      }
    }
    expect(codeOf(bytes)).toBe('file/damaged');
  });
});

describe('files that are no such database', () => {
  it.each([
    ['no bytes', () => new Uint8Array(), 'file/empty'],
    ['text', () => new TextEncoder().encode('{"sessions": []}'), 'file/unknown-format'],
    ['the magic alone', () => new TextEncoder().encode('SQLite format 3\0'), 'file/damaged'],
    [
      'a database of something else',
      () => makeFile((database) => database.run('CREATE TABLE cookies (host TEXT)')),
      'file/unknown-format',
    ],
    [
      'one of a newer onggi',
      () => fileWith('PRAGMA application_id = 0x6f6e6767', 'PRAGMA user_version = 999'),
      'file/newer-version',
    ],
  ])('%s', (_name, make, code) => {
    expect(codeOf(make())).toBe(code);
  });

  it('names the tables it found instead', () => {
    const bytes = makeFile((database) => database.run('CREATE TABLE cookies (host TEXT)'));
    expect(() => readItems(bytes)).toThrow(expect.objectContaining({ detail: 'cookies' }));
  });

  it('is refused as damaged, or read whole, wherever it was cut or flipped', () => {
    const statements = Array.from({ length: 300 }, (_value, index) => message(`m${index}`, 'c'));
    const bytes = fileWith(SESSION, conversation('c'), ...statements);
    const whole = readItems(bytes);
    for (let part = 1; part < 7; part += 1) {
      const cut = bytes.slice(0, Math.floor((bytes.length * part) / 7));
      expect(codeOf(cut), `cut at ${part}/7`).toBe('file/damaged');
    }
    for (let index = 0; index < 60; index += 1) {
      const flipped = bytes.slice();
      const at = Math.floor((bytes.length * index) / 60);
      flipped[at] = (flipped[at] ?? 0) ^ 0x10;
      const code = codeOf(flipped);
      if (code === undefined) expect(readItems(flipped).length).toBe(whole.length);
      else expect(['file/damaged', 'file/unknown-format']).toContain(code);
    }
  });

  it.each(['UTF-16le', 'UTF-16be'])('reads texts stored as %s', (encoding) => {
    const bytes = makeFile((database) => {
      database.run(`PRAGMA encoding = '${encoding}'`);
      for (const statement of createTableStatements('sqlite')) database.run(statement);
      database.run(SESSION);
      database.run(conversation('옹기🙂'));
    });
    expect(readNatives(bytes)).toMatchObject([{ conversation: { id: '옹기🙂' } }]);
  });

  it('reads one that was left in WAL mode', () => {
    const bytes = fileWith(SESSION, conversation('c'));
    bytes.fill(2, 18, 20);
    expect(readNatives(bytes)).toHaveLength(1);
  });
});
