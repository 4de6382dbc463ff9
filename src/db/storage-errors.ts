import { OnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';

/** What one link in a chain of wrapped errors says. */
interface Symptom {
  readonly name: string;
  readonly message: string;
}

/**
 * Which code a symptom stands for, most telling first: the first rule that fits any link of the
 * chain wins (SECURITY 8.2, where the looks of each were measured).
 */
const RULES: readonly {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly names: RegExp;
  readonly message?: RegExp;
}[] = [
  { code: 'db/quota', retryable: false, names: /^QuotaExceededError$/ },
  { code: 'db/quota', retryable: false, names: /^AbortError$/, message: /data pipe/i },
  { code: 'db/no-space', retryable: true, names: /./, message: /NO_SPACE|no space left/i },
  { code: 'db/no-space', retryable: true, names: /^UnknownError$/, message: /backing store/i },
  { code: 'db/newer-version', retryable: false, names: /^VersionError$/ },
  { code: 'db/unavailable', retryable: false, names: /^(MissingAPI|Security|NotAllowed)Error$/ },
  {
    code: 'db/unavailable',
    retryable: false,
    names: /^InvalidStateError$/,
    message: /did not allow mutations/i,
  },
  {
    code: 'db/closed',
    retryable: false,
    names: /^(DatabaseClosed|InvalidState|VersionChanged|OpenFailed)Error$/,
  },
  { code: 'db/row-damaged', retryable: false, names: /^NotReadableError$/ },
  { code: 'db/migration-failed', retryable: false, names: /^UpgradeError$/ },
  { code: 'db/hang', retryable: true, names: /^TimeoutError$/ },
];

/** Errors after which the same again may work. */
const TRANSIENT = /^(Abort|Unknown|TransactionInactive|Transaction)Error$/;

/** Longest chain of wrapped errors that is looked through. */
const CHAIN_LIMIT = 8;

/**
 * Turns what IndexedDB, Dexie, OPFS or the Cache API threw into one of the `db/*` errors; `db/failed`
 * when it is none of the known kinds. An OnggiError passes unchanged, also when Dexie wrapped it.
 */
export function toStorageError(error: unknown): OnggiError {
  const chain = causesOf(error);
  const own = chain.find((link) => link instanceof OnggiError);
  if (own) return own;
  const symptoms = chain.map(toSymptom);
  const rule = RULES.find(({ names, message }) =>
    symptoms.some(
      (symptom) => names.test(symptom.name) && (!message || message.test(symptom.message)),
    ),
  );
  const text = symptoms.map(({ name, message }) => `${name}: ${message}`).join(' < ');
  if (rule) return new OnggiError(rule.code, text, { retryable: rule.retryable, cause: error });
  const retryable = symptoms.some(({ name }) => TRANSIENT.test(name));
  return new OnggiError('db/failed', text, { retryable, cause: error });
}

/** Whether an error says that there is no room: what is stored can be read all the same. */
export function isNoRoom(error: unknown): boolean {
  return error instanceof OnggiError && /^db\/(quota|no-space)$/.test(error.code);
}

/** The error and what it wraps: Dexie's `inner` and `failures`, the language's `cause`. */
function causesOf(error: unknown): readonly unknown[] {
  const chain = new Set<unknown>();
  const waiting: unknown[] = [error];
  while (waiting.length > 0 && chain.size < CHAIN_LIMIT) {
    const next = waiting.shift();
    if (next === undefined || next === null || chain.has(next)) continue;
    chain.add(next);
    if (typeof next !== 'object') continue;
    if ('inner' in next) waiting.push(next.inner);
    if ('cause' in next) waiting.push(next.cause);
    if ('failures' in next && Array.isArray(next.failures)) waiting.push(next.failures[0]);
  }
  return [...chain];
}

function toSymptom(error: unknown): Symptom {
  if (typeof error === 'object' && error !== null && 'name' in error && 'message' in error) {
    return { name: String(error.name), message: String(error.message) };
  }
  return { name: 'Error', message: String(error) };
}
