import { onTestFinished } from 'vitest';
import type { LiveRead } from '#domain/conversation-store.ts';
import type { OnggiError } from '#domain/errors.ts';
import type { Clock, CreateId } from '#domain/ids.ts';
import type { SchemaStep } from '#db/schema-steps.ts';
import { openDatabase } from '#db/open-database.ts';
import type { OnggiDatabase } from '#db/open-database.ts';

/** A clock that stands still until it is set. */
export interface TestClock {
  (): number;
  now: number;
}

export function createTestClock(now = 1_700_000_000_000): TestClock {
  const clock = Object.assign(() => clock.now, { now });
  return clock;
}

/** Ids that begin alike and count: `id-1`, `id-2` … */
export function createTestIds(prefix = 'id'): CreateId {
  let count = 0;
  return () => `${prefix}-${(count += 1)}`;
}

export interface Names {
  readonly bootName: string;
  readonly defaultName: string;
}

/** Names that no other test uses; both databases and the copies go when the test is over. */
export function freshNames(): Names {
  const id = crypto.randomUUID();
  const names = { bootName: `boot-${id}`, defaultName: `db-${id}` };
  onTestFinished(async () => {
    for (const { name } of await indexedDB.databases()) {
      if (name?.includes(id)) indexedDB.deleteDatabase(name);
    }
  });
  return names;
}

interface Heard {
  superseded: number;
  blocked: number;
  lost: OnggiError[];
  reopened: number;
}

interface OpenForTest {
  readonly names?: Names;
  readonly steps?: readonly SchemaStep[];
  readonly clock?: Clock;
  readonly isWhole?: () => Promise<boolean>;
  readonly notedName?: string;
}

/** Opens a database and notes its events. Closed when the test is over. */
export async function openForTest(
  options: OpenForTest = {},
): Promise<OnggiDatabase & { heard: Heard }> {
  const heard: Heard = { superseded: 0, blocked: 0, lost: [], reopened: 0 };
  const database = await openDatabase({
    clock: options.clock ?? createTestClock(),
    events: {
      onSuperseded: () => (heard.superseded += 1),
      onBlocked: () => (heard.blocked += 1),
      onLost: (error) => heard.lost.push(error),
      onReopened: () => (heard.reopened += 1),
    },
    notedName: options.notedName,
    ...(options.isWhole && { isWhole: options.isWhole }),
    ...(options.steps && { steps: options.steps }),
    ...(options.names ?? freshNames()),
  });
  onTestFinished(() => database.close());
  return { ...database, heard };
}

/** Everything a live read said since, and a way to wait for what it will say. */
export function follow<T>(live: LiveRead<T>): {
  readonly values: T[];
  readonly errors: unknown[];
  until(accept: (value: T) => boolean): Promise<T>;
} {
  const values: T[] = [];
  const errors: unknown[] = [];
  const waiting = new Set<() => void>();
  const wake = (): void => waiting.forEach((check) => check());
  const subscription = live.subscribe({
    next: (value) => {
      values.push(value);
      wake();
    },
    error: (error) => {
      errors.push(error);
      wake();
    },
  });
  onTestFinished(() => subscription.unsubscribe());
  return {
    values,
    errors,
    until: (accept) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const last = values.at(-1);
          if (errors.length > 0) reject(new Error(String(errors[0])));
          else if (values.length > 0 && accept(last as T)) {
            waiting.delete(check);
            resolve(last as T);
          }
        };
        waiting.add(check);
        check();
      }),
  };
}

/** The version a database has on the disk, as IndexedDB counts; undefined when there is none. */
export async function storedVersion(name: string): Promise<number | undefined> {
  return (await indexedDB.databases()).find((database) => database.name === name)?.version;
}

/** All rows of a table by plain IndexedDB, whatever its version. */
export async function readRaw(name: string, table: string): Promise<unknown[]> {
  const database = await new Promise<IDBDatabase>((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(String(request.error)));
  });
  const rows = await new Promise<unknown[]>((resolve, reject) => {
    const request = database.transaction(table).objectStore(table).getAll();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(new Error(String(request.error)));
  });
  database.close();
  return rows;
}
