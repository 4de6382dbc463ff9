import type { LiveRead } from '#domain/conversation-store.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Clock, SessionId } from '#domain/ids.ts';
import { SESSION_TOUCH_MS } from '#domain/session.ts';
import type { Session, SessionEnd } from '#domain/session.ts';
import { commit } from './commit.ts';
import { liveRead } from './live-read.ts';
import { readHeldLocks } from './locks.ts';
import type { OnggiDatabase } from './open-database.ts';
import { SESSION_LOCK_PREFIX } from './sessions.ts';

const HOUR_MS = 60 * 60 * 1000;

/**
 * Ends a session for every tab that shares it; the next activity begins another. One that has ended stays as
 * it is.
 * @param endedBy Who ends it, which is kept: the person where they say so, or the lock.
 * @throws OnggiError `chat/not-found` when there is no such session.
 */
export function endSession(
  { strict: db }: OnggiDatabase,
  id: SessionId,
  endedBy: SessionEnd = 'person',
): Promise<void> {
  return commit(() =>
    db.transaction('rw', db.sessions, async () => {
      const session = await db.sessions.get(id);
      if (!session) throw new OnggiError('chat/not-found', `no session ${id}`);
      if (session.status !== 'active') return;
      const metadata = { ...session.metadata, endedBy };
      await db.sessions.put({ ...session, status: 'terminated', metadata });
    }),
  );
}

/** The latest sessions, newest activity first. */
export function watchSessions(
  { strict: db }: OnggiDatabase,
  limit: number,
): LiveRead<readonly Session[]> {
  return liveRead(() => db.sessions.orderBy('lastActivity').reverse().limit(limit).toArray());
}

/**
 * The specification's `cleanup_expired_sessions` (8.1): active sessions without activity for
 * `ttlHours` become `expired`. One whose activity lies in the future is of a clock that was set
 * back: it expires unless an open tab holds it, which then notes its activity anew.
 * @returns how many expired.
 */
export async function cleanupExpiredSessions(
  { strict: db }: OnggiDatabase,
  clock: Clock,
  ttlHours = 24,
): Promise<number> {
  const held = new Set(await readHeldLocks(SESSION_LOCK_PREFIX));
  return commit(() =>
    db.transaction('rw', db.sessions, async () => {
      const now = clock();
      const active = await db.sessions.where('status').equals('active').toArray();
      const stale = active.filter(({ id, lastActivity }) => {
        const idleMs = now - lastActivity;
        return idleMs >= ttlHours * HOUR_MS || (idleMs < -SESSION_TOUCH_MS && !held.has(id));
      });
      await db.sessions.bulkPut(stale.map((session) => ({ ...session, status: 'expired' })));
      return stale.length;
    }),
  );
}
