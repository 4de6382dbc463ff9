/**
 * Opening the database at the start of a page: after a look at what was noted of it, over a torn log, with
 * patience, and never past a person whose data are missing. See [Note: Canary] and [Note: Torn log].
 */
import {
  countLostChanges,
  findMissing,
  forgetCanary,
  isDatabaseGone,
  isLossNoted,
  isOnlyFilesLeft,
  keepCanary,
  noteLoss,
  readCanary,
} from '#db/canary.ts';
import { openDatabase } from '#db/open-database.ts';
import type { DatabaseEvents, OnggiDatabase } from '#db/open-database.ts';
import { forgetTorn, mendLog, noteTorn } from '#db/torn-log.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { Clock, CreateId } from '#domain/ids.ts';
import type { RecoveryDeps, RecoveryReason, StartWait } from './recovery.svelte.ts';

/** What the screen says while the storage is waited for. */
export interface StartScreen {
  /** Passes on what `work` gives or throws; says so on the screen while it takes long, and not after. */
  patiently<T>(work: Promise<T>): Promise<T>;
  /** Says what is waited for from now on, in the place of what was said before. */
  showWaiting(wait: StartWait): void;
}

/** What opening needs from above; made by `main.ts`. */
export interface OpenCheckedDeps {
  readonly clock: Clock;
  readonly createId: CreateId;
  readonly screen: StartScreen;
  readonly events: Omit<DatabaseEvents, 'onBlocked' | 'onClosed'>;
  /** Asks the person what to do. @returns when they go on with what is there */
  readonly ask: (
    reason: RecoveryReason,
    access: Pick<RecoveryDeps, 'open' | 'prepareToOpen' | 'followWait'>,
  ) => Promise<void>;
}

/**
 * Opens the live database, and makes it at a first start; where data are missing, nothing is made or shown
 * before the person has said what to do. Where it fails it can be called again.
 * @throws OnggiError as `openDatabase` does; `db/no-space` while a torn log cannot be mended.
 */
export async function openChecked(deps: OpenCheckedDeps): Promise<OnggiDatabase> {
  try {
    return await openAfterLook(deps);
  } catch (error) {
    // Opening writes as well, and what is cut of that is a tear too.
    if (toOnggiError(error).code === 'db/no-space') noteTorn();
    throw error;
  }
}

async function openAfterLook(deps: OpenCheckedDeps): Promise<OnggiDatabase> {
  const { screen } = deps;
  const canary = readCanary();
  let opened: Promise<OnggiDatabase> | undefined;
  const known: {
    wait?: StartWait | undefined;
    /** The screen that asks is told what is waited for, and nothing takes its place. */
    isAsking?: boolean;
    follow?: (wait: StartWait | undefined) => void;
  } = {};
  const setWait = (wait: StartWait | undefined): void => {
    known.wait = wait;
    if (known.isAsking) known.follow?.(wait);
    else if (wait) screen.showWaiting(wait);
  };
  /** Looks before anything is made. What is gone stays noted until the person decided. */
  const isLost = async (): Promise<boolean> => {
    if (isLossNoted()) return true;
    if (!(await (canary ? isDatabaseGone(canary) : isOnlyFilesLeft()))) return false;
    noteLoss();
    return true;
  };
  const openOnce = (): Promise<OnggiDatabase> => {
    opened ??= mendLog()
      .then(isLost)
      .then(() => open(deps, setWait))
      .finally(() => setWait(undefined))
      .catch((error: unknown) => {
        // It may work the next time, as after making room.
        opened = undefined;
        throw error;
      });
    return opened;
  };
  const ask = async (reason: RecoveryReason): Promise<void> => {
    known.isAsking = true;
    await deps.ask(reason, {
      open: openOnce,
      prepareToOpen: mendLog,
      followWait: (follow) => (known.follow = follow),
    });
    known.isAsking = false;
  };
  // First of all, and past every look: this screen has to come up when nothing can be looked at.
  if (location.hash === '#/rescue') {
    await ask({ kind: 'rescue' });
    history.replaceState(null, '', '#/');
  }
  await screen.patiently(mendLog());
  const isGone = await screen.patiently(isLost());
  if (isGone) await ask({ kind: 'gone' });
  const opening = openOnce();
  // It may be opening since somebody asked for a copy to be brought back.
  if (known.wait) screen.showWaiting(known.wait);
  const db = await screen.patiently(opening);
  if (isGone) forgetCanary();
  if (canary && !isGone) {
    const missing = await findMissing(db, canary);
    const changes = await countLostChanges(db, canary);
    if (missing.size + changes > 0) {
      const known = canary.conversationIds.length;
      await ask({ kind: 'shrunken', missing, known, changes });
      forgetCanary();
    }
  }
  void keepCanary(db, deps);
  return db;
}

/** @param setWait Is told why it takes long. */
function open(
  { clock, events }: OpenCheckedDeps,
  setWait: (wait: StartWait) => void,
): Promise<OnggiDatabase> {
  return openDatabase({
    clock,
    notedName: isLossNoted() ? undefined : readCanary()?.databaseName,
    isWhole: async (db) => {
      const canary = readCanary();
      if (!canary) return true;
      return (await findMissing(db, canary)).size + (await countLostChanges(db, canary)) === 0;
    },
    events: {
      ...events,
      onBlocked: () => setWait('blocked'),
      onUpgrading: () => setWait('upgrade'),
      onClosed: noteTorn,
      onReopened: () => {
        forgetTorn();
        events.onReopened?.();
      },
    },
  });
}
