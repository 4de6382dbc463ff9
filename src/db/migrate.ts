import type { Transaction } from 'dexie';
import { OnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import type { SchemaVersion } from '#domain/stored-rows.ts';
import { FEED } from './change-feed.ts';
import { toNativeVersion } from './onggi-dexie.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { SchemaStep, TableCounts } from './schema-steps.ts';

/**
 * The newest version the code knows.
 * @throws OnggiError `app/unexpected` when the steps are not numbered 1, 2, 3 …: a developer's mistake.
 */
export function newestVersion(steps: readonly SchemaStep[]): number {
  for (const [index, { version }] of steps.entries()) {
    if (version === index + 1) continue;
    throw new OnggiError('app/unexpected', `schema step ${index + 1} is numbered ${version}`);
  }
  if (steps.length === 0) throw new OnggiError('app/unexpected', 'no schema steps');
  return steps.length;
}

/** Where the stored database stands against the code. */
type StoredState = 'absent' | 'older' | 'current';

/**
 * The version gate: looks without opening.
 * @throws OnggiError `db/newer-version` when a newer version of the code was here.
 */
export async function readStoredState(name: string, newest: number): Promise<StoredState> {
  const found = (await indexedDB.databases()).find((database) => database.name === name);
  const stored = found?.version ?? 0;
  const native = toNativeVersion(newest);
  if (stored > native) {
    throw new OnggiError('db/newer-version', `${name} has version ${stored}, not ${native}`);
  }
  if (stored === 0) return 'absent';
  return stored < native ? 'older' : 'current';
}

/**
 * Tells a connection every version. When it opens an older database, the steps run in one
 * versionchange transaction; a throw or a count that a step does not explain aborts them all.
 * @param onUpgrading Called when a step begins.
 */
export function defineVersions(
  database: OnggiDexie,
  steps: readonly SchemaStep[],
  clock: Clock,
  onUpgrading: () => void,
): void {
  let tables: readonly string[] = [];
  for (const step of steps) {
    const tablesBefore = tables;
    database
      .version(step.version)
      .stores({ ...step.stores })
      .upgrade(async (transaction) => {
        onUpgrading();
        await applyStep(transaction, step, tablesBefore, clock);
      });
    const named = Object.keys(step.stores);
    const added = named.filter((table) => step.stores[table] !== null);
    tables = [...tables.filter((table) => !named.includes(table)), ...added];
  }
  // Dexie builds a new database at once in its newest shape and runs no upgrade.
  database.on('populate', (transaction) =>
    transaction
      .table<SchemaVersion>('schemaVersions')
      .bulkAdd(steps.map((step) => toSchemaVersion(step, clock))),
  );
}

async function applyStep(
  transaction: Transaction,
  step: SchemaStep,
  tablesBefore: readonly string[],
  clock: Clock,
): Promise<void> {
  const before = await countRows(transaction, tablesBefore);
  await step.upgrade?.(transaction);
  // The feed tells search of what the step itself writes: it grows with it.
  const kept = tablesBefore.filter((table) => step.stores[table] !== null && table !== FEED);
  const after = await countRows(transaction, kept);
  const expected = { ...before, ...step.expectedCounts?.(before) };
  for (const table of kept) {
    if (after[table] === expected[table]) continue;
    throw new OnggiError(
      'db/migration-failed',
      `version ${step.version} left ${after[table]} rows in ${table}, not ${expected[table]}`,
    );
  }
  const versions = transaction.table<SchemaVersion>('schemaVersions');
  await versions.put(toSchemaVersion(step, clock));
}

async function countRows(
  transaction: Transaction,
  tables: readonly string[],
): Promise<TableCounts> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    // eslint-disable-next-line no-restricted-syntax -- once in a version: the count is the check
    counts[table] = await transaction.table(table).count();
  }
  return counts;
}

function toSchemaVersion({ version, description }: SchemaStep, clock: Clock): SchemaVersion {
  return { version, appliedAt: clock(), description };
}
