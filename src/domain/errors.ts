/**
 * Every failure a person can meet, by code. The text for a code is looked up in the catalogs
 * (`i18n/`); a code without a text in all four languages does not compile.
 */
export const ERROR_CODES = [
  'provider/unreachable',
  'provider/offline',
  'provider/unauthorized',
  'provider/forbidden',
  'provider/not-found',
  'provider/model-not-found',
  'provider/rate-limited',
  'provider/context-too-long',
  'provider/bad-request',
  'provider/server',
  'provider/interrupted',
  'provider/idle',
  'provider/first-byte-timeout',
  'provider/malformed',
  'provider/not-json',
  'provider/redirected',
  'provider/too-large',
  'provider/too-long',
  'provider/content-filter',
  'provider/no-model',
  'provider/no-endpoint',
  'provider/empty',
  'endpoint/address-empty',
  'endpoint/address-invalid',
  'endpoint/address-no-scheme',
  'endpoint/address-insecure',
  'endpoint/key-missing',
  'endpoint/key-malformed',
  'vault/locked',
  'vault/cannot-open',
  'vault/key-unreadable',
  'vault/unavailable',
  'vault/no-wasm',
  'vault/passkey-failed',
  'vault/passkey-unsupported',
  'vault/too-short',
  'vault/too-long',
  'db/quota',
  'db/no-space',
  'db/hang',
  'db/no-answer',
  'db/closed',
  'db/blocked',
  'db/newer-version',
  'db/lost',
  'db/erased',
  'db/row-damaged',
  'db/unavailable',
  'db/migration-failed',
  'db/failed',
  'chat/busy',
  'chat/message-too-long',
  'chat/not-found',
  'file/empty',
  'file/unreadable',
  'file/damaged',
  'file/read-in-part',
  'file/too-large',
  'file/expands-too-much',
  'file/expands-far',
  'file/too-deep',
  'file/too-many-rows',
  'file/too-many-entries',
  'file/not-json',
  'file/unknown-format',
  'file/newer-version',
  'file/not-a-backup',
  'file/encrypted',
  'file/passphrase-needed',
  'file/passphrase-wrong',
  'file/raw-storage',
  'library/not-text',
  'library/unknown-encoding',
  'library/too-large',
  'backup/busy',
  'backup/changed',
  'backup/no-room',
  'backup/folder-denied',
  'backup/nothing-to-undo',
  'backup/not-written',
  'export/too-large',
  'export/conversation-too-large',
  'backup/replaced',
  'model/unreachable',
  'model/damaged',
  'model/not-found',
  'model/not-embedding',
  'model/no-engine',
  'model/no-gpu',
  'model/no-room',
  'model/changed',
  'model/moved',
  'model/stuck',
  'clipboard/denied',
  'app/worker-failed',
  'app/unexpected',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

interface OnggiErrorOptions {
  /** Whether doing the same again, unchanged, may work. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
  /** What the other side said, as plain text of at most 200 characters, for the person to read. */
  readonly detail?: string;
  /** Epoch milliseconds before which a retry is pointless. */
  readonly retryAt?: number;
}

/** Longest text of the other side that is shown or stored, in characters. */
const DETAIL_LIMIT = 200;

/**
 * The one error class. `message` is for developers; people read the catalog's text for `code`.
 * Never holds a secret: no API key, passphrase, header or URL with a query string.
 */
export class OnggiError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly detail: string | undefined;
  readonly retryAt: number | undefined;

  constructor(code: ErrorCode, message: string, options: OnggiErrorOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = 'OnggiError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.detail = options.detail?.slice(0, DETAIL_LIMIT);
    this.retryAt = options.retryAt;
  }
}

/** Gives the error itself when it is ours, else an `app/unexpected` that carries it as cause. */
export function toOnggiError(error: unknown): OnggiError {
  if (error instanceof OnggiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new OnggiError('app/unexpected', message, { cause: error, detail: message });
}
