import { OnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import { readBootDatabase } from './boot-database.ts';
import { read } from './commit.ts';
import { copyName, deleteCopies } from './database-names.ts';
import { readDatabaseNames } from './idb-request.ts';
import { copyDatabase } from './lazy-database-copy.ts';
import { holdLive } from './live-lock.ts';
import type { LiveHold } from './live-lock.ts';
import { withExclusiveLock } from './locks.ts';
import { defineVersions, newestVersion, readStoredState } from './migrate.ts';
import { OnggiDexie } from './onggi-dexie.ts';
import type { ReopenCause } from './reopen-cause.ts';
import { SCHEMA_STEPS } from './schema-steps.ts';
import type { SchemaStep } from './schema-steps.ts';
import { toStorageError } from './storage-errors.ts';

/** What happens to an open database without anybody asking for it. `onBlocked` may be told twice. */
export interface DatabaseEvents {
  /** Another tab upgraded the database: this connection is closed for good. */
  onSuperseded(): void;
  /** Older tabs hold the database: opening waits until they are closed. */
  onBlocked(): void;
  /**
   * An older database is being brought up to the schema of this code, here or in another tab: opening takes as
   * long as there are rows. Told again when each step of it begins, so after waiting for older tabs too.
   */
  onUpgrading?(): void;
  /** The connection died by itself and does not open again: `db/lost`. */
  onLost(error: OnggiError): void;
  /** The browser closed a connection, as on a full disk. See [Note: Torn log]. */
  onClosed?(): void;
  /** A connection that had died is open again. */
  onReopened?(): void;
  /**
   * Another page replaces these data by a restore: this connection is closed for good, and the next
   * start shows the new data. Without it {@link DatabaseEvents.onSuperseded} is told.
   */
  onReplaced?(): void;
  /**
   * Another page erases everything: this connection is closed for good, and the page should stop
   * whatever it does. Without it {@link DatabaseEvents.onSuperseded} is told.
   */
  onErased?(): void;
}

/** The open database: two connections, which see each other's writes in live reads. */
export interface OnggiDatabase {
  readonly name: string;
  /** Commits wait for the disk: what a person typed, settings, keys (SECURITY 8.1). */
  readonly strict: OnggiDexie;
  /** Commits do not wait: checkpoints of a running answer, drafts, sessions. */
  readonly relaxed: OnggiDexie;
  /** Whether the browser emptied damaged storage before this start. */
  readonly dataLoss: boolean;
  /** This page's share in the live database; null where it was opened by name. */
  readonly liveHold: LiveHold | null;
  /**
   * Opens both connections anew, when the browser closed them or they answer no more. Makes nothing. But
   * for a person not twice in a short time: one that closes again and again stays closed. What comes with
   * pauses of its own (`itself`) waits only after one that did open.
   * @returns whether they are open; false at once after {@link OnggiDatabase.close}, and where another
   * page upgraded, replaced or erased the data.
   */
  readonly reopen: (cause: ReopenCause) => Promise<boolean>;
  /** Closes both connections for good and lets the share go. */
  close(): void;
}

interface OpenOptions {
  readonly clock: Clock;
  readonly events: DatabaseEvents;
  /** Whether data that were closed and are open again are what they were. */
  readonly isWhole?: (database: OnggiDatabase) => Promise<boolean>;
  /**
   * The database that was noted as the live one outside of all databases: it is the live one where nothing
   * else says so, and a pointer that leads to none beside it is damaged.
   */
  readonly notedName?: string | undefined;
  /** Only tests give others. */
  readonly steps?: readonly SchemaStep[];
  readonly bootName?: string;
  readonly defaultName?: string;
}

/** One that closes again so soon is not opened again by itself. */
const REOPEN_PAUSE_MS = 10_000;
/** A tab that waits this long for another one's upgrade says so (SECURITY 8.2). */
const PATIENCE_MS = 3000;

/**
 * Opens the live database, after the version gate, and makes or upgrades it first where needed.
 * Before an upgrade the old database is copied whole; the copy goes when the new version has opened
 * a second time. Nothing but such a copy is ever deleted here. While a restore in another tab puts
 * other data in their place it waits, and opens those.
 * @throws OnggiError `db/unavailable`, `db/newer-version` (nothing was written), `db/migration-failed`
 * (data and version are as they were), `db/quota`, `db/no-space`, `db/row-damaged`, `db/failed`.
 */
export async function openDatabase(options: OpenOptions): Promise<OnggiDatabase> {
  const { bootName = 'onggi-boot', defaultName = 'onggi', steps = SCHEMA_STEPS } = options;
  // Before anything is touched: wrong steps are a developer's mistake.
  newestVersion(steps);
  const { notedName } = options;
  let boot = await readBootDatabase(bootName, notedName ?? defaultName);
  const { dataLoss } = boot;
  if (notedName !== undefined && notedName !== boot.databaseName) {
    const names = await read(readDatabaseNames);
    if (names.includes(notedName) && !names.includes(boot.databaseName)) {
      throw new OnggiError('db/row-damaged', 'the boot pointer leads nowhere');
    }
  }
  for (;;) {
    const { databaseName } = boot;
    let replace = (): void => undefined;
    const liveHold = await holdPatiently(databaseName, options.events, () => replace());
    boot = await readBootDatabase(bootName, defaultName);
    if (boot.databaseName !== databaseName) {
      // A restore went by while this page waited.
      liveHold.release();
      continue;
    }
    try {
      const database = await openNamedDatabase(databaseName, options, dataLoss);
      const close = (): void => {
        database.close();
        liveHold.release();
      };
      replace = () => {
        close();
        (options.events.onReplaced ?? options.events.onSuperseded)();
      };
      return { ...database, liveHold, close };
    } catch (error) {
      liveHold.release();
      throw error;
    }
  }
}

/** Takes the share in the live database; says that it is blocked when that takes long. */
async function holdPatiently(
  name: string,
  events: DatabaseEvents,
  onAsked: () => void,
): Promise<LiveHold> {
  const impatience = setTimeout(() => events.onBlocked(), PATIENCE_MS);
  try {
    return await holdLive(name, onAsked);
  } finally {
    clearTimeout(impatience);
  }
}

/**
 * Opens the database that a page has open, for its workers: they make none where it is gone.
 * @throws OnggiError `db/lost`, and as {@link openNamedDatabase} does.
 */
export async function openPageDatabase(
  name: string,
  options: NamedOptions,
): Promise<OnggiDatabase> {
  const newest = newestVersion(options.steps ?? SCHEMA_STEPS);
  const state = await readStoredState(name, newest).catch((error: unknown) => {
    throw toStorageError(error);
  });
  if (state === 'absent') throw new OnggiError('db/lost', `${name} is gone`);
  return openNamedDatabase(name, options);
}

/**
 * Opens the database of that name and nothing else, and makes it where there is none: for a restore, which
 * fills one that is not live yet. Otherwise as {@link openDatabase}.
 */
export async function openNamedDatabase(
  name: string,
  options: NamedOptions,
  dataLoss = false,
): Promise<OnggiDatabase> {
  const { events, steps = SCHEMA_STEPS } = options;
  const newest = newestVersion(steps);
  const connections = createConnections(name, options, newest, dataLoss);
  try {
    const state = await readStoredState(name, newest);
    if (state === 'older') await upgradeAlone(connections, events, newest);
    else await connections.open();
    // A copy that cannot be deleted now is deleted at the next start: it holds nobody up.
    if (state === 'current') await deleteCopies(name).catch(() => undefined);
    return connections.database;
  } catch (error) {
    connections.database.close();
    throw toStorageError(error);
  }
}

type NamedOptions = Pick<OpenOptions, 'clock' | 'events' | 'isWhole' | 'steps'>;

interface Connections {
  readonly database: OnggiDatabase;
  readonly open: () => Promise<void>;
}

/** Both connections, still closed, with their events wired. */
function createConnections(
  name: string,
  { clock, events, isWhole = () => Promise.resolve(true), steps = SCHEMA_STEPS }: NamedOptions,
  version: number,
  dataLoss: boolean,
): Connections {
  const strict = new OnggiDexie(name, version, 'strict');
  const relaxed = new OnggiDexie(name, version, 'relaxed');
  const both = [strict, relaxed];
  let isOver = false;
  let reopening: Promise<boolean> | undefined;
  let triedAt = -Infinity;
  let reopenedAt = -Infinity;
  const isDone = (): boolean => isOver;

  function close(): boolean {
    const isFirst = !isOver;
    isOver = true;
    for (const connection of both) connection.close({ disableAutoOpen: true });
    return isFirst;
  }

  for (const connection of both) {
    defineVersions(connection, steps, clock, () => events.onUpgrading?.());
    connection.on('versionchange', ({ newVersion }) => {
      if (!close()) return;
      if (newVersion === null) (events.onErased ?? events.onSuperseded)();
      else events.onSuperseded();
    });
  }
  strict.on('blocked', () => events.onBlocked());

  async function open(): Promise<void> {
    for (const connection of both) {
      await connection.open();
      // Dexie's own close event also fires when we close; the browser's only when it did, and it may come
      // late, when there is another connection already.
      connection.backendDB().addEventListener('close', () => {
        if (!connection.isOpen()) void goOn();
      });
    }
  }

  /** The browser closed a connection: once it is opened again without a word. */
  async function goOn(): Promise<void> {
    if (isDone()) return;
    events.onClosed?.();
    if (await (reopening ?? reopen('read'))) return;
    for (const connection of both) connection.close({ disableAutoOpen: true });
    if (!isDone()) events.onLost(new OnggiError('db/lost', 'the browser closed the database'));
  }

  function reopen(cause: ReopenCause): Promise<boolean> {
    const last = cause === 'itself' ? reopenedAt : triedAt;
    const isSoon = performance.now() - last < REOPEN_PAUSE_MS;
    if (isOver || (cause !== 'person' && isSoon && !reopening)) return Promise.resolve(false);
    reopening ??= import('./reopen.ts')
      .then((it) => it.reopenConnections({ database, newest: version, open, isWhole }))
      .catch(() => false)
      .then((isOpen) => {
        [reopening, triedAt] = [undefined, performance.now()];
        if (isOpen) reopenedAt = triedAt;
        if (isDone()) close();
        else if (isOpen) events.onReopened?.();
        return isOpen && !isDone();
      });
    return reopening;
  }

  const database: OnggiDatabase = {
    name,
    strict,
    relaxed,
    dataLoss,
    liveHold: null,
    reopen,
    close: () => void close(),
  };
  return { database, open };
}

/** Copies and upgrades while no other tab does; the second tab then finds it done. */
async function upgradeAlone(
  { database: { name }, open }: Connections,
  events: DatabaseEvents,
  newest: number,
): Promise<void> {
  // Before the lock is there: another tab has it as long as its upgrade takes.
  events.onUpgrading?.();
  await withExclusiveLock(`onggi-upgrade:${name}`, async () => {
    if ((await readStoredState(name, newest)) !== 'older') return open();
    try {
      await copyDatabase(name, copyName(name, newest));
      await open();
    } catch (error) {
      throw toMigrationError(error);
    }
  });
}

/** Says why an upgrade failed; a full disk keeps its own code, because making room helps. */
function toMigrationError(error: unknown): OnggiError {
  const cause = toStorageError(error);
  const own = ['db/migration-failed', 'db/newer-version', 'db/quota', 'db/no-space', 'db/closed'];
  if (own.includes(cause.code)) return cause;
  return new OnggiError('db/migration-failed', cause.message, { cause });
}
