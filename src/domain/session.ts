import type { Clock, SessionId, UserId } from './ids.ts';

export type SessionStatus = 'active' | 'expired' | 'terminated';
/** Who ended a `terminated` session. */
export type SessionEnd = 'person' | 'lock';

/** One visit of one tab group. It survives reloads; every conversation and message carries its id. */
export interface Session {
  readonly id: SessionId;
  readonly userId: UserId;
  readonly createdAt: number;
  /** Epoch milliseconds, touched at most once in {@link SESSION_TOUCH_MS}. */
  readonly lastActivity: number;
  readonly status: SessionStatus;
  /** Always null: a page cannot know its address. Kept because the specification names it. */
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** How a session stands: its status, and of one that was ended by whom; the person where nothing says. */
export function stateOfSession({
  status,
  metadata,
}: Pick<Session, 'status' | 'metadata'>): SessionStatus | 'locked' {
  return status === 'terminated' && metadata['endedBy'] === 'lock' ? 'locked' : status;
}

/** A session without activity for this long is expired (specification 8.1: 24 hours). */
export const SESSION_TTL_MS = 24 * 60 * 60 * 1000;
/** `lastActivity` is written at most this often. */
export const SESSION_TOUCH_MS = 60 * 1000;

/** Whether activity is to be written down again; a time ahead of `now` is of a clock that was set back. */
export function isTouchDue(touchedAt: number, now: ReturnType<Clock>): boolean {
  const idleMs = now - touchedAt;
  return idleMs < 0 || idleMs >= SESSION_TOUCH_MS;
}

/** Whether a session may still be resumed now. */
export function isSessionAlive(session: Session, now: ReturnType<Clock>): boolean {
  return session.status === 'active' && now - session.lastActivity < SESSION_TTL_MS;
}
