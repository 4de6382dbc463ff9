import type { OnggiError } from '#domain/errors.ts';
import type { SessionId } from '#domain/ids.ts';
import type { Session } from '#domain/session.ts';

interface VisitDeps {
  /** Notes that the person is active: this session, or another where it is over. */
  readonly touch: (session: Session, onNoRoom: (error: OnggiError) => void) => Promise<Session>;
  /** Ends a session because the page is locked. */
  readonly end: (id: SessionId) => Promise<unknown>;
  /** Keeps its id over a reload; undefined forgets it. */
  readonly remember: (id?: SessionId) => void;
}

/** The visit this page belongs to: it goes on with what the person does, and ends at the lock. */
export class Visit {
  #session: Session;
  #touched: Promise<unknown> = Promise.resolve();
  readonly #deps: VisitDeps;

  constructor(session: Session, deps: VisitDeps) {
    this.#session = session;
    this.#deps = deps;
  }

  get id(): SessionId {
    return this.#session.id;
  }

  /** @returns the id of the visit as it is now; another one where it has ended meanwhile. */
  touch(onNoRoom: (error: OnggiError) => void): Promise<SessionId> {
    const touched = this.#touch(onNoRoom);
    this.#touched = touched.catch(() => undefined);
    return touched;
  }

  /** Whoever opens the lock begins another one; only where this one cannot be written down as ended it goes on. */
  async end(): Promise<void> {
    const { end, remember } = this.#deps;
    // A page that is reloaded before the rest is done.
    remember();
    // The click that locked was noted too: after the end it would begin a visit behind the lock.
    let touched: Promise<unknown>;
    do {
      touched = this.#touched;
      await touched;
    } while (touched !== this.#touched);
    remember();
    const { id } = this;
    this.#session = { ...this.#session, lastActivity: 0 };
    await end(id);
  }

  async #touch(onNoRoom: (error: OnggiError) => void): Promise<SessionId> {
    this.#session = await this.#deps.touch(this.#session, onNoRoom);
    this.#deps.remember(this.id);
    return this.id;
  }
}
