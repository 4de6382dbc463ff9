/** Every bad backup that the issue names, made out of a good one of the app. */
import { gzipSync, gunzipSync } from 'node:zlib';
import type { text } from '../e2e/seeded.ts';
import { gzipSpaces, nested, withTurnedBit } from './pack.ts';

type TextKey = Parameters<typeof text>[0];
type Row = Readonly<Record<string, unknown>>;
type Backup = Readonly<Record<string, unknown>>;

/** A bad backup and what comes of it. */
export interface BadBackup {
  readonly name: string;
  readonly bytes: () => Uint8Array | Promise<Uint8Array>;
  /** Refused with one sentence; asked about before it is read; or read with these remarks. */
  readonly outcome: 'refused' | 'asked' | 'read';
  readonly says: readonly TextKey[];
  /** Asked about at first: what is said once the person agreed. */
  readonly saysAfterConsent?: TextKey;
}

const HEAD = '{"timestamp":"20231114_221320",';
const WRONG: readonly unknown[] = [null, true, 7, -1.5, 'x', [], [1], {}, { a: 1 }, 0.5];

const PARENT = /"parent_id":(?:"([^"]+)"|null)/;

/** The messages that begin something follow one of those that follow them. */
function inCircles(rows: readonly Row[]): readonly Row[] {
  const parentOf = (row: Row): string | undefined => PARENT.exec(String(row['metadata']))?.[1];
  return rows.map((row) => {
    const next = rows.find((other) => parentOf(other) === row['message_id']);
    if (parentOf(row) !== undefined || !next) return row;
    const parent = `"parent_id":"${String(next['message_id'])}"`;
    return { ...row, metadata: String(row['metadata']).replace(PARENT, parent) };
  });
}

/** @param good The bytes of a backup of at least two conversations. */
export function badBackups(good: Uint8Array): readonly BadBackup[] {
  const object = JSON.parse(gunzipSync(good).toString('utf8')) as Backup;
  const rows = (table: string): readonly Row[] => object[table] as readonly Row[];
  const packed = (value: unknown): Uint8Array =>
    gzipSync(typeof value === 'string' ? value : JSON.stringify(value));
  const withRows = (table: string, change: (all: readonly Row[]) => readonly unknown[]) => () =>
    packed({ ...object, [table]: change(rows(table)) });
  const second = (change: (row: Row) => Row) => (all: readonly Row[]) =>
    all.map((row, at) => (at === 1 ? change(row) : row));
  const without = (table: string): Backup =>
    Object.fromEntries(Object.entries(object).filter(([name]) => name !== table));

  const refused = (name: string, bytes: BadBackup['bytes'], ...says: TextKey[]): BadBackup => ({
    ...{ name, bytes, says, outcome: 'refused' },
  });
  const read = (name: string, bytes: BadBackup['bytes'], ...says: TextKey[]): BadBackup => ({
    ...{ name, bytes, says, outcome: 'read' },
  });
  const wrongRows = (table: string): readonly unknown[] => {
    const [sample = {}] = rows(table);
    const wrong = WRONG.flatMap((value) =>
      Object.keys(sample).map((key) => ({ ...sample, [key]: value })),
    );
    return [...rows(table), ...wrong, ...WRONG];
  };

  return [
    refused('empty', () => new Uint8Array(), 'error.file/empty'),
    refused('no gzip', () => Buffer.from('no gzip'), 'error.file/not-a-backup'),
    refused('cut', () => good.subarray(0, good.length >> 1), 'error.file/damaged'),
    refused('turned bit', () => withTurnedBit(good), 'error.file/damaged'),
    refused('twice', () => Buffer.concat([good, good]), 'error.file/damaged'),
    refused('gzip of gzip', () => gzipSync(good), 'error.file/not-json'),
    {
      ...{ name: 'bomb of 200 MiB', outcome: 'asked', says: ['restore.readLarge'] },
      saysAfterConsent: 'error.file/damaged',
      bytes: () => gzipSpaces(200, HEAD),
    },
    {
      ...{ name: 'bomb of 1 GiB', outcome: 'asked', says: ['restore.readLarge'] },
      // A backup is read in a stream, however large: this one ends in the middle of its first table.
      saysAfterConsent: 'error.file/damaged',
      bytes: () => gzipSpaces(1024, HEAD),
    },
    refused(
      'nested arrays',
      () => packed(`${HEAD}"messages":[${nested('arrays', 1_000_000)}]}`),
      'error.file/too-deep',
    ),
    refused(
      'nested objects',
      () => packed(`${HEAD}"messages":[${nested('objects', 800_000)}]}`),
      'error.file/too-deep',
    ),
    read(
      'wrong types in every field',
      () =>
        packed({
          ...object,
          ...Object.fromEntries(
            ['messages', 'conversations', 'sessions', 'user_settings', 'endpoints'].map((table) => [
              table,
              wrongRows(table),
            ]),
          ),
        }),
      'backup.problem.rows_unreadable',
      'backup.problem.values_ignored',
    ),
    read(
      'unknown roles',
      withRows(
        'messages',
        second((row) => ({ ...row, role: 'critic' })),
      ),
      'backup.problem.roles_unknown',
    ),
    read(
      'duplicate ids',
      withRows('messages', (all) => [...all, ...all.slice(0, 3)]),
      'backup.problem.duplicate_ids',
    ),
    read(
      'messages of missing conversations',
      withRows('conversations', (all) => all.slice(1)),
      'backup.problem.messages_without_conversation',
    ),
    read(
      '__proto__ and constructor',
      () =>
        packed(
          JSON.stringify(object).replace(
            '"messages":[{',
            '"messages":[{"__proto__":{"polluted":1},"constructor":{"polluted":1},',
          ),
        ),
      'backup.problem.unknown_keys',
    ),
    refused(
      'future schema',
      () => packed({ ...object, schema_version: 99 }),
      'error.file/newer-version',
    ),
    refused(
      'future format',
      () => packed({ ...object, format_version: 99 }),
      'error.file/newer-version',
    ),
    read(
      'missing table',
      () => packed(without('messages')),
      'backup.problem.table_missing',
      'restore.accept',
    ),
    read(
      'all tables empty',
      () =>
        packed({
          ...object,
          messages: [],
          conversations: [],
          counts: undefined,
          digest: undefined,
        }),
      'backup.problem.all_empty',
      'restore.accept',
    ),
    read(
      'wrong counters',
      withRows('conversations', (all) =>
        all.map((row) => ({ ...row, message_count: 1e6, total_tokens: -5 })),
      ),
      'backup.problem.counters_recomputed',
    ),
    read(
      'invalid dates',
      withRows(
        'messages',
        second((row) => ({ ...row, timestamp: '2023-99-99 later' })),
      ),
      'backup.problem.dates_unknown',
    ),
    read(
      'lone surrogates',
      withRows(
        'messages',
        second((row) => ({ ...row, content: '\ud800 \u0000 \udfff' })),
      ),
      'backup.problem.digest_differs',
    ),
    read(
      'keys in plain text',
      withRows('endpoints', (all) =>
        all.map((row) => ({ ...row, api_key: 'sk-secret-000000000000000000000000' })),
      ),
      'backup.problem.keys_ignored',
    ),
    read('circles', withRows('messages', inCircles), 'backup.problem.circles_cut'),
  ];
}
