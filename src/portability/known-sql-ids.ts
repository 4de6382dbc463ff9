import type { FileObject } from '#domain/file-object.ts';
import { joinMetadata } from '#domain/file-rows.ts';
import { sqlTable } from './sql-schema.ts';
import type { SqlPage } from './sql-rows.ts';

/** Marks, among our own fields, a row that only stands in for one that is gone. */
export const PLACEHOLDER = 'is_placeholder';

/** Which ids an export has written so far, and the rows it has to add before the next ones. */
export interface KnownIds {
  /** Notes the ids in a column of rows that are written. */
  add(column: keyof Ids, objects: readonly FileObject[]): void;
  /** Rows for those that are named here and are not in the file yet. */
  standInUsers(objects: readonly FileObject[]): SqlPage;
  standInSessions(objects: readonly FileObject[], dateColumn: string): SqlPage;
  readonly hasConversation: (object: FileObject) => boolean;
}

interface Ids {
  readonly user_id: Set<unknown>;
  readonly session_id: Set<unknown>;
  readonly conversation_id: Set<unknown>;
}

/** Nothing is written yet. */
export function createKnownIds(): KnownIds {
  const ids: Ids = { user_id: new Set(), session_id: new Set(), conversation_id: new Set() };
  return {
    add(column, objects) {
      for (const object of objects) ids[column].add(object[column]);
    },
    standInUsers(objects) {
      const missing = takeMissing(ids.user_id, objects, 'user_id');
      const extra = { [PLACEHOLDER]: true };
      const rows = missing.map((row) => ({ user_id: row['user_id'], extra }));
      return { table: sqlTable('user_settings'), objects: rows };
    },
    standInSessions(objects, dateColumn) {
      const missing = takeMissing(ids.session_id, objects, 'session_id');
      const rows = missing.map((row) => sessionPlaceholder(row['session_id'], row[dateColumn]));
      return { table: sqlTable('sessions'), objects: rows };
    },
    hasConversation: (object) => ids.conversation_id.has(object['conversation_id']),
  };
}

/** The first object for each id that is not in the set yet; it is then. Objects without the id have none. */
function takeMissing(
  ids: Set<unknown>,
  objects: readonly FileObject[],
  key: string,
): readonly FileObject[] {
  return objects.filter((object) => {
    const id = object[key];
    if (id === undefined || id === null || ids.has(id)) return false;
    ids.add(id);
    return true;
  });
}

function sessionPlaceholder(id: unknown, at: unknown): FileObject {
  const metadata = JSON.stringify(joinMetadata({}, { [PLACEHOLDER]: true }));
  return { session_id: id, created_at: at, last_activity: at, status: 'expired', metadata };
}
