import type { Endpoint } from '#domain/endpoint.ts';
import { readFields } from '#domain/file-fields.ts';
import {
  readEndpoint,
  readSession,
  readUsage,
  readUserSettings,
  readUserSettingsExtras,
} from '#domain/file-rows.ts';
import type { ReadRow } from '#domain/file-rows.ts';
import type { Session } from '#domain/session.ts';
import type { Draft } from '#domain/stored-rows.ts';
import type { FileUsage } from '#domain/join-usage-days.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import type { SqliteFile } from './open-sqlite.ts';
import { PLACEHOLDER } from './known-sql-ids.ts';
import { readSqlRow } from './read-sql-row.ts';
import type { SqlObject } from './read-sql-row.ts';
import { DRAFT_COLUMNS } from './sql-rows.ts';
import { sqlTable } from './sql-schema.ts';
import type { SqlTableName } from './sql-schema.ts';

/** What an SQLite file holds beside its conversations. */
export interface SqliteTables {
  readonly userSettings: readonly UserSettings[];
  readonly sessions: readonly Session[];
  readonly usageStatistics: readonly FileUsage[];
  readonly endpoints: readonly Endpoint[];
  readonly drafts: readonly Draft[];
  /** Rows that could not be read. */
  readonly unreadableCount: number;
}

/**
 * The small tables of a file, whole. Rows that only stand in for others are left out, and so is
 * whatever stands in `api_keys_encrypted`.
 * @throws OnggiError `file/damaged`, `file/too-many-rows`.
 */
export function readSqliteTables(file: SqliteFile): SqliteTables {
  let unreadableCount = 0;

  function readTable<Row>(name: SqlTableName, read: (row: SqlObject) => Row | undefined): Row[] {
    const table = sqlTable(name);
    return file.readRows(name, file.rowNumbers(name)).flatMap((stored) => {
      const found = readSqlRow(table, stored);
      if (found.own?.[PLACEHOLDER] === true) return [];
      const row = read(found);
      if (row === undefined) unreadableCount += 1;
      return row === undefined ? [] : [row];
    });
  }

  const tables = {
    userSettings: readTable('user_settings', readSettings),
    sessions: readTable('sessions', ({ object }) => readSession(object).row),
    usageStatistics: readTable('usage_statistics', ({ object }) => readUsage(object).row),
    endpoints: readTable('endpoints', ({ object }) => readEndpoint(object).row),
    drafts: readTable('drafts', ({ object }) => readDraft(object).row),
  };
  return { ...tables, unreadableCount };
}

function readSettings({ object, own }: SqlObject): UserSettings | undefined {
  const { row } = readUserSettings(object);
  return row && { ...row, ...readUserSettingsExtras(own).row };
}

function readDraft(object: SqlObject['object']): ReadRow<Draft> {
  const { values, ignored } = readFields(DRAFT_COLUMNS, object);
  const { id, text, pasted, updatedAt } = values;
  if (typeof id !== 'string' || typeof text !== 'string') return { row: undefined, ignored };
  const texts = Array.isArray(pasted) ? pasted.filter((one) => typeof one === 'string') : [];
  const at = typeof updatedAt === 'number' ? updatedAt : 0;
  return { row: { id, text, pasted: texts, updatedAt: at }, ignored };
}
