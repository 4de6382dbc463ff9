import { LOCAL_USER_ID, toSessionId } from '#domain/ids.ts';
import type { Clock, CreateId, SessionId } from '#domain/ids.ts';
import { isSessionAlive, isTouchDue } from '#domain/session.ts';
import type { Session } from '#domain/session.ts';
import type { OnggiError } from '#domain/errors.ts';
import { commit, read } from './commit.ts';
import { holdForLife, readHeldLocks, withExclusiveLock } from './locks.ts';
import type { OnggiDexie } from './onggi-dexie.ts';
import type { OnggiDatabase } from './open-database.ts';
import { isNoRoom, toStorageError } from './storage-errors.ts';

/** Each tab holds this lock, shared, with its session's id: so a new tab finds the session to join. */
export const SESSION_LOCK_PREFIX = 'onggi-session:';
/** Two tabs that start at once must find each other. */
const START_LOCK = 'onggi-session-start';

interface SessionMakers {
  readonly clock: Clock;
  readonly createId: CreateId;
  /** There is no room to write the visit down: it goes on, and the next touch tries again. */
  readonly onNoRoom?: (error: OnggiError) => void;
}

interface StartOptions extends SessionMakers {
  readonly userAgent: string | null;
  /** What this tab remembered over a reload, or null. */
  readonly knownId: string | null;
}

/**
 * The visit this tab belongs to: its own from before a reload, else that of another open tab, else a
 * new one. Sessions met on the way that went stale become `expired`.
 */
export async function startSession(
  db: OnggiDatabase,
  { userAgent, knownId, ...makers }: StartOptions,
): Promise<Session> {
  return withExclusiveLock(START_LOCK, async () => {
    const session = await resumeOrCreate(db.relaxed, knownId, userAgent, makers);
    await holdForLife(SESSION_LOCK_PREFIX + session.id);
    return session;
  });
}

/**
 * Notes that the person is active, at most once a minute; whether the session was ended is looked at each
 * time, because any tab may end it.
 * @returns the session as it is now; another one, joined or new, when it was ended or went stale.
 */
export async function touchSession(
  db: OnggiDatabase,
  session: Session,
  makers: SessionMakers,
): Promise<Session> {
  const isNoted = !isTouchDue(session.lastActivity, makers.clock());
  if (isNoted && (await isActive(db.relaxed, session.id))) return session;
  return withExclusiveLock(START_LOCK, async () => {
    const { id, userAgent } = session;
    const resumed = await resumeOrCreate(db.relaxed, id, userAgent, makers);
    if (resumed.id !== id) await holdForLife(SESSION_LOCK_PREFIX + resumed.id);
    return resumed;
  });
}

/** One that cannot be read goes on: whoever writes next is told why. */
async function isActive(db: OnggiDexie, id: SessionId): Promise<boolean> {
  const stored = await read(() => db.sessions.get(id)).catch(() => undefined);
  return stored === undefined || stored.status === 'active';
}

async function resumeOrCreate(
  db: OnggiDexie,
  knownId: string | null,
  userAgent: string | null,
  { clock, createId, onNoRoom }: SessionMakers,
): Promise<Session> {
  const candidates = [
    ...(knownId === null ? [] : [knownId]),
    ...(await readHeldLocks(SESSION_LOCK_PREFIX)),
  ];
  const ids = [...new Set(candidates)].map(toSessionId);
  return commit(() =>
    db.transaction('rw', db.sessions, async () => {
      const now = clock();
      for (const id of ids) {
        const stored = await db.sessions.get(id);
        if (stored?.status !== 'active') continue;
        const session: Session = isSessionAlive(stored, now)
          ? { ...stored, lastActivity: now }
          : { ...stored, status: 'expired' };
        await db.sessions.put(session);
        if (session.status === 'active') return session;
      }
      const session = createSession(toSessionId(createId()), now, userAgent);
      await db.sessions.add(session);
      return session;
    }),
  ).catch((error: unknown) => {
    if (!onNoRoom || !isNoRoom(error)) throw error;
    onNoRoom(toStorageError(error));
    // As if it were idle for long.
    return createSession(ids[0] ?? toSessionId(createId()), 0, userAgent);
  });
}

function createSession(id: SessionId, now: number, userAgent: string | null): Session {
  return {
    id,
    userId: LOCAL_USER_ID,
    createdAt: now,
    lastActivity: now,
    status: 'active',
    ipAddress: null,
    userAgent,
    metadata: {},
  };
}
