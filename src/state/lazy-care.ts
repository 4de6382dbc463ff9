import type { ResponseCache } from '#cache/response-cache.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { OnggiError } from '#domain/errors.ts';
import type { Clock, ConversationId, CreateId, SessionId } from '#domain/ids.ts';
import type { Care } from './care.svelte.ts';
import type { SearchWork } from './lazy-search.ts';

/** What looking after the data needs; made by `main.ts`. */
export interface CareDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly createId: CreateId;
  readonly cache: Pick<ResponseCache, 'cleanupOldCache'>;
  readonly getSessionId: () => Promise<SessionId>;
  /** As `getSessionId`, for what nobody asked for: says nothing where there is no room. */
  readonly touchVisit: () => Promise<SessionId>;
  /** Whether the app is in the document: while a lock covers it, nobody visits. */
  readonly isShown: () => boolean;
  readonly purge: (ids: readonly ConversationId[], signal?: AbortSignal) => Promise<void>;
  readonly takeOutOfTrash: (ids: readonly ConversationId[]) => Promise<unknown>;
  readonly copyFirst: () => Promise<void>;
  readonly search: Pick<SearchWork, 'ask'>;
  /** Whether something runs that maintenance by itself must not disturb. */
  readonly isBusy: () => boolean;
  readonly onError: (error: OnggiError) => void;
  /** Told whether a run found something by itself that nobody has looked at. */
  readonly onFindings: (hasFindings: boolean) => void;
}

/** The first view comes first; the maintenance looks whether it is due after this. */
const IDLE_START_MS = 30_000;

/** Gives the part that looks after the data, fetched once: when asked for, or after a while. */
export function createLazyCare(deps: CareDeps): () => Promise<Care> {
  let loaded: Promise<Care> | undefined;
  const load = (): Promise<Care> => {
    loaded ??= import('./care.svelte.ts').then(({ Care }) => new Care(deps));
    // A chunk that could not be fetched is asked for again by the next click.
    loaded.catch(() => (loaded = undefined));
    return loaded;
  };
  setTimeout(() => void load().catch(() => undefined), IDLE_START_MS);
  return load;
}
