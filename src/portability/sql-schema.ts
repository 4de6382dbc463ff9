/**
 * The tables of an SQL export: the specification's six (section 3.1) and its `schema_versions`
 * (6.1), then our own `endpoints`, `drafts`, `attachments` and `documents`. One list serves both systems, the
 * writers and the reader.
 *
 * Where it departs from the specification, and why:
 * - Its inline `INDEX` clauses are MySQL's. They become `CREATE INDEX`, and because index names are
 *   unique per database in SQLite and per schema in PostgreSQL (it has `idx_status` and
 *   `idx_session_id` twice), each is called `idx_<table>_<columns>`.
 * - `TEXT` for every `VARCHAR(n)`, `NUMERIC` for `DECIMAL(10, 4)`, and in PostgreSQL `BIGINT` for
 *   `INTEGER`: a model id of 51 characters, a title of 256, a sum of tokens above 2^31 would each end
 *   the load of a whole file.
 * - `TIMESTAMPTZ` in PostgreSQL, because all instants are written in UTC with their zone and a plain
 *   `TIMESTAMP` drops the zone without a word. SQLite has no such type and keeps the ISO text.
 * - A JSON column `extra` where the specification's table has no `metadata` for our own fields.
 */

export type SqlDialect = 'sqlite' | 'postgres';

/** What a column holds; `id` is a text that names a row. */
export type ColumnKind =
  | 'id'
  | 'text'
  | 'integer'
  | 'real'
  | 'decimal'
  | 'boolean'
  | 'instant'
  | 'date'
  | 'json'
  | 'bytes';

export interface SqlColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  /** `PRIMARY KEY`, `NOT NULL`, `DEFAULT …`, as in the specification. */
  readonly rule: string;
  /** Table and column it must exist in. */
  readonly references?: readonly [table: string, column: string];
}

export interface SqlTable {
  readonly name: SqlTableName;
  readonly columns: readonly SqlColumn[];
  /** Columns of each index. */
  readonly indexes: readonly (readonly string[])[];
  /** The JSON column that holds our own fields. */
  readonly ownFieldsIn: 'metadata' | 'extra' | null;
}

export const SQL_TABLE_NAMES = [
  'user_settings',
  'sessions',
  'conversations',
  'messages',
  'usage_statistics',
  'response_cache',
  'schema_versions',
  'endpoints',
  'drafts',
  'attachments',
  'documents',
] as const;
export type SqlTableName = (typeof SQL_TABLE_NAMES)[number];

/** `application_id` of an SQLite file of ours: "ongg". `user_version` is then the schema's version. */
export const SQLITE_APPLICATION_ID = 0x6f6e6767;

const KEY = 'PRIMARY KEY';
const NOT_NULL = 'NOT NULL';
const NOW = 'DEFAULT CURRENT_TIMESTAMP';
const ZERO = 'DEFAULT 0';

function column(name: string, kind: ColumnKind, rule = ''): SqlColumn {
  return { name, kind, rule };
}

function reference(name: string, rule: string, table: string, target = name): SqlColumn {
  return { name, kind: 'id', rule, references: [table, target] };
}

const extra = column('extra', 'json');

/** In an order in which every referenced table comes before the one that refers to it. */
const SQL_TABLES: readonly SqlTable[] = [
  {
    name: 'user_settings',
    columns: [
      column('user_id', 'id', KEY),
      column('default_model', 'text'),
      column('temperature', 'real'),
      column('max_tokens', 'integer'),
      column('system_prompt', 'text'),
      column('theme', 'text'),
      column('language', 'text'),
      column('font_size', 'text'),
      column('auto_save', 'boolean', 'DEFAULT TRUE'),
      column('stream_response', 'boolean', 'DEFAULT TRUE'),
      column('show_token_count', 'boolean', 'DEFAULT FALSE'),
      column('enable_markdown', 'boolean', 'DEFAULT TRUE'),
      // There because the specification has it, and always null: a key never leaves.
      column('api_keys_encrypted', 'text'),
      column('save_history', 'boolean', 'DEFAULT TRUE'),
      column('share_analytics', 'boolean', 'DEFAULT FALSE'),
      column('created_at', 'instant', NOW),
      column('updated_at', 'instant', NOW),
      extra,
    ],
    indexes: [],
    ownFieldsIn: 'extra',
  },
  {
    name: 'sessions',
    columns: [
      column('session_id', 'id', KEY),
      column('user_id', 'id'),
      column('created_at', 'instant', NOW),
      column('last_activity', 'instant', NOW),
      column('status', 'text', "DEFAULT 'active'"),
      column('ip_address', 'text'),
      column('user_agent', 'text'),
      column('metadata', 'json'),
    ],
    indexes: [['user_id'], ['status'], ['last_activity']],
    ownFieldsIn: 'metadata',
  },
  {
    name: 'conversations',
    columns: [
      column('conversation_id', 'id', KEY),
      reference('session_id', NOT_NULL, 'sessions'),
      column('title', 'text'),
      column('created_at', 'instant', NOW),
      column('updated_at', 'instant', NOW),
      column('status', 'text', "DEFAULT 'active'"),
      column('summary', 'text'),
      column('tags', 'json'),
      column('message_count', 'integer', ZERO),
      column('total_tokens', 'integer', ZERO),
      column('metadata', 'json'),
    ],
    indexes: [['session_id'], ['status'], ['created_at']],
    ownFieldsIn: 'metadata',
  },
  {
    name: 'messages',
    columns: [
      column('message_id', 'id', KEY),
      reference('conversation_id', NOT_NULL, 'conversations'),
      reference('session_id', NOT_NULL, 'sessions'),
      column('role', 'text', NOT_NULL),
      column('content', 'text', NOT_NULL),
      column('timestamp', 'instant', NOW),
      column('token_count', 'integer'),
      column('model_used', 'text'),
      column('temperature', 'real'),
      column('response_time', 'real'),
      column('rating', 'integer'),
      column('feedback', 'text'),
      column('attachments', 'json'),
      column('metadata', 'json'),
    ],
    indexes: [['conversation_id'], ['session_id'], ['timestamp']],
    ownFieldsIn: 'metadata',
  },
  {
    name: 'usage_statistics',
    columns: [
      column('stat_id', 'id', KEY),
      reference('user_id', '', 'user_settings'),
      column('date', 'date', NOT_NULL),
      column('model', 'text'),
      column('request_count', 'integer', ZERO),
      column('total_tokens', 'integer', ZERO),
      column('total_cost', 'decimal', ZERO),
      column('avg_response_time', 'real'),
      column('error_count', 'integer', ZERO),
      extra,
    ],
    indexes: [['user_id', 'date'], ['date']],
    ownFieldsIn: 'extra',
  },
  {
    // Made and left empty: the cache is rebuilt by use (FORMATS 3.4).
    name: 'response_cache',
    columns: [
      column('cache_key', 'id', KEY),
      column('prompt_hash', 'text', NOT_NULL),
      column('model', 'text'),
      column('response', 'text', NOT_NULL),
      column('created_at', 'instant', NOW),
      column('expires_at', 'instant'),
      column('hit_count', 'integer', ZERO),
    ],
    indexes: [['prompt_hash'], ['expires_at']],
    ownFieldsIn: null,
  },
  {
    name: 'schema_versions',
    columns: [
      column('version', 'integer', KEY),
      column('applied_at', 'instant', NOW),
      column('description', 'text'),
    ],
    indexes: [],
    ownFieldsIn: null,
  },
  {
    name: 'endpoints',
    columns: [
      column('endpoint_id', 'id', KEY),
      column('preset_id', 'text', NOT_NULL),
      column('name', 'text', NOT_NULL),
      column('base_url', 'text', NOT_NULL),
      column('chat_models', 'json'),
      column('chat_models_at', 'instant'),
      column('refuses_stream_options', 'boolean', 'DEFAULT FALSE'),
      column('sends_reasoning', 'boolean', 'DEFAULT FALSE'),
      column('first_byte_timeout', 'real'),
      column('created_at', 'instant', NOW),
      column('updated_at', 'instant', NOW),
      extra,
    ],
    indexes: [],
    ownFieldsIn: 'extra',
  },
  {
    name: 'drafts',
    columns: [
      column('draft_id', 'id', KEY),
      column('text', 'text', NOT_NULL),
      column('pasted', 'json'),
      column('updated_at', 'instant', NOW),
      extra,
    ],
    indexes: [],
    ownFieldsIn: 'extra',
  },
  {
    name: 'attachments',
    columns: [
      column('attachment_id', 'id', KEY),
      reference('conversation_id', NOT_NULL, 'conversations'),
      // No foreign key: bytes whose message is gone still belong to their conversation.
      column('message_id', 'id'),
      column('name', 'text', NOT_NULL),
      column('media_type', 'text'),
      column('size_bytes', 'integer'),
      extra,
      column('bytes', 'bytes'),
    ],
    indexes: [['conversation_id'], ['message_id']],
    ownFieldsIn: 'extra',
  },
  {
    name: 'documents',
    columns: [
      column('document_id', 'id', KEY),
      column('name', 'text', NOT_NULL),
      column('media_type', 'text'),
      column('size_bytes', 'integer'),
      column('created_at', 'instant', NOW),
      column('updated_at', 'instant', NOW),
      column('metadata', 'json'),
      // The whole of it: passages are cut anew. NULL where some of it is missing here.
      column('text', 'text'),
      extra,
    ],
    indexes: [],
    ownFieldsIn: 'extra',
  },
];

const TABLES_BY_NAME: ReadonlyMap<string, SqlTable> = new Map(
  SQL_TABLES.map((table) => [table.name, table]),
);

/** The table of that name. */
export function sqlTable(name: SqlTableName): SqlTable {
  const table = TABLES_BY_NAME.get(name);
  if (!table) throw new RangeError(`no table ${name}`);
  return table;
}

const TYPE_BY_KIND: Readonly<Record<ColumnKind, Readonly<Record<SqlDialect, string>>>> = {
  id: { sqlite: 'TEXT', postgres: 'TEXT' },
  text: { sqlite: 'TEXT', postgres: 'TEXT' },
  integer: { sqlite: 'INTEGER', postgres: 'BIGINT' },
  real: { sqlite: 'FLOAT', postgres: 'DOUBLE PRECISION' },
  decimal: { sqlite: 'NUMERIC', postgres: 'NUMERIC' },
  boolean: { sqlite: 'BOOLEAN', postgres: 'BOOLEAN' },
  instant: { sqlite: 'TIMESTAMP', postgres: 'TIMESTAMPTZ' },
  date: { sqlite: 'DATE', postgres: 'DATE' },
  json: { sqlite: 'JSON', postgres: 'JSON' },
  bytes: { sqlite: 'BLOB', postgres: 'BYTEA' },
};

/** A name as both systems take it: `timestamp` and `date` are words of the language too. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `CREATE TABLE` statements in the order of {@link SQL_TABLES}, each ended by a semicolon. */
export function createTableStatements(dialect: SqlDialect): readonly string[] {
  return SQL_TABLES.map(({ name, columns }) => {
    const lines = columns.map(({ name: columnName, kind, rule }) =>
      [quoteName(columnName), TYPE_BY_KIND[kind][dialect], rule].filter(Boolean).join(' '),
    );
    const keys = columns.flatMap(({ name: columnName, references }) => {
      if (!references) return [];
      const [table, target] = references;
      return `FOREIGN KEY (${quoteName(columnName)}) REFERENCES ${quoteName(table)} (${quoteName(target)})`;
    });
    return `CREATE TABLE ${quoteName(name)} (\n  ${[...lines, ...keys].join(',\n  ')}\n);`;
  });
}

/** `CREATE INDEX` statements; to be run after the rows, which is faster. */
export function createIndexStatements(): readonly string[] {
  return SQL_TABLES.flatMap(({ name, indexes }) =>
    indexes.map((columns) => {
      const list = columns.map(quoteName).join(', ');
      return `CREATE INDEX ${quoteName(`idx_${name}_${columns.join('_')}`)} ON ${quoteName(name)} (${list});`;
    }),
  );
}
