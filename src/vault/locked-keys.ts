/**
 * Ways to a data key that ask the person for something (SECURITY 3.3, modes B and C):
 *
 *   passphrase ─ Argon2id ─┐
 *   passkey ─── PRF, HKDF ─┼─▶ key-encryption key ─ AES-256-GCM ─▶ one wrap of the data key each
 *   recovery code ─ HKDF ──┘
 *
 * A chunk of its own, fetched when a lock is set up or opened.
 */
import { argon2id } from 'hash-wasm';
import { OnggiError } from '#domain/errors.ts';
import { toKeyId } from '#domain/ids.ts';
import type { Clock, CreateId, KeyId } from '#domain/ids.ts';
import type { KeyRingEntry, LockWrap } from '#domain/secret.ts';
import { createIv, generateKey, requireSubtle, unwrapKey, wrapKey } from './aes-gcm.ts';
import { keyRingData } from './key-ring-data.ts';

const SALT_BYTES = 16;
const KEY_BYTES = 32;

/** How a passphrase becomes a key; stored beside the wrap, raised when it is below today's figures. */
export type PassphraseDerivation =
  | {
      readonly name: 'Argon2id';
      readonly memoryKib: number;
      readonly iterations: number;
      readonly parallelism: number;
    }
  | { readonly name: 'PBKDF2-SHA-256'; readonly iterations: number };

/** OWASP's minimum is 19 MiB, t=2; 277 ms on 2 cores in Chromium 156 (SECURITY 3.3). */
const ARGON2ID: PassphraseDerivation = {
  name: 'Argon2id',
  memoryKib: 64 * 1024,
  iterations: 3,
  parallelism: 1,
};
/** Where there is no WebAssembly (OWASP, 2023). */
const PBKDF2: PassphraseDerivation = { name: 'PBKDF2-SHA-256', iterations: 600_000 };
/** What a damaged row may make this page do at most. */
const MAX_MEMORY_KIB = 1024 * 1024;
const MAX_ITERATIONS = 10_000_000;

/** The best derivation that works in this browser. */
export function strongestDerivation(hasWasm = 'WebAssembly' in globalThis): PassphraseDerivation {
  return hasWasm ? ARGON2ID : PBKDF2;
}

/** Reads a stored derivation; undefined for one this code does not know or would not run. */
export function readDerivation(
  stored: Readonly<Record<string, unknown>>,
): PassphraseDerivation | undefined {
  const { name, memoryKib, iterations, parallelism } = stored;
  const isCount = (value: unknown, most: number): value is number =>
    Number.isSafeInteger(value) && Number(value) >= 1 && Number(value) <= most;
  if (!isCount(iterations, MAX_ITERATIONS)) return undefined;
  if (name === 'PBKDF2-SHA-256') return { name, iterations };
  if (name !== 'Argon2id' || !isCount(memoryKib, MAX_MEMORY_KIB) || !isCount(parallelism, 16)) {
    return undefined;
  }
  return { name, memoryKib, iterations, parallelism };
}

/** Whether today's figures are higher than those a wrap was made with. */
export function isWeaker(stored: PassphraseDerivation, wanted = strongestDerivation()): boolean {
  if (stored.name !== wanted.name) return wanted.name === 'Argon2id';
  if (stored.iterations < wanted.iterations) return true;
  return (
    stored.name === 'Argon2id' && wanted.name === 'Argon2id' && stored.memoryKib < wanted.memoryKib
  );
}

/**
 * A key-encryption key from what a person typed. Letters that look alike in Unicode are made one (NFKC).
 * @throws OnggiError `vault/no-wasm`, where the derivation needs WebAssembly and the browser has it no more.
 */
export async function keyFromPassphrase(
  passphrase: string,
  salt: Uint8Array<ArrayBuffer>,
  derivation: PassphraseDerivation,
): Promise<CryptoKey> {
  if (derivation.name === 'Argon2id' && !('WebAssembly' in globalThis)) {
    throw new OnggiError('vault/no-wasm', 'no WebAssembly for Argon2id');
  }
  const password = new TextEncoder().encode(passphrase.normalize('NFKC'));
  const bits =
    derivation.name === 'Argon2id'
      ? new Uint8Array(
          await argon2id({
            password,
            salt,
            parallelism: derivation.parallelism,
            iterations: derivation.iterations,
            memorySize: derivation.memoryKib,
            hashLength: KEY_BYTES,
            outputType: 'binary',
          }),
        )
      : await pbkdf2(password, salt, derivation.iterations);
  password.fill(0);
  return importKek(bits);
}

/** A key-encryption key from bytes that nobody can guess: a passkey's output, a recovery code. */
export async function keyFromSecret(
  secret: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  purpose: 'passkey' | 'recovery',
): Promise<CryptoKey> {
  const subtle = requireSubtle();
  const material = await subtle.importKey('raw', secret, 'HKDF', false, ['deriveBits']);
  const info = new TextEncoder().encode(`onggi key ring ${purpose}`);
  const bits = await subtle.deriveBits(
    { name: 'HKDF', hash: 'SHA-256', salt, info },
    material,
    KEY_BYTES * 8,
  );
  return importKek(new Uint8Array(bits));
}

async function pbkdf2(
  password: Uint8Array<ArrayBuffer>,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const subtle = requireSubtle();
  const material = await subtle.importKey('raw', password, 'PBKDF2', false, ['deriveBits']);
  const bits = await subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    material,
    KEY_BYTES * 8,
  );
  return new Uint8Array(bits);
}

async function importKek(bits: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  const key = await requireSubtle().importKey('raw', bits, 'AES-GCM', false, [
    'wrapKey',
    'unwrapKey',
  ]);
  bits.fill(0);
  return key;
}

/** Random bytes for a derivation. */
export function createSalt(length = SALT_BYTES): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

/** A fresh data key and its entry, still without wraps. The key can be wrapped: keep it no longer than that takes. */
export async function createBareEntry(deps: {
  readonly createId: CreateId;
  readonly clock: Clock;
}): Promise<{ readonly entry: KeyRingEntry; readonly dataKey: CryptoKey }> {
  return {
    entry: {
      id: toKeyId(deps.createId()),
      algorithm: 'AES-256-GCM',
      createdAt: deps.clock(),
      state: 'active',
      wraps: [],
    },
    dataKey: await generateKey(true, ['encrypt', 'decrypt']),
  };
}

/** A wrap of a data key that can be wrapped. */
export async function wrapDataKey(
  entryId: KeyId,
  dataKey: CryptoKey,
  kek: CryptoKey,
  way: Pick<LockWrap, 'kind' | 'derivation' | 'salt'>,
): Promise<LockWrap> {
  const iv = createIv();
  return { ...way, iv, wrappedKey: await wrapKey(dataKey, kek, iv, keyRingData(entryId)) };
}

/**
 * The data key of a wrap.
 * @param canBeWrapped Only to make another wrap of it; for everything else false.
 * @throws OnggiError `vault/cannot-open` for a wrong key and for damage alike.
 */
export function unwrapDataKey(
  entryId: KeyId,
  wrap: LockWrap,
  kek: CryptoKey,
  canBeWrapped: boolean,
): Promise<CryptoKey> {
  return unwrapKey(wrap.wrappedKey, kek, wrap.iv, keyRingData(entryId), canBeWrapped);
}

/** Crockford's base 32: no I, L, O, U. */
const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** 125 bits. */
const CODE_LETTERS = 25;

/** A fresh recovery code, in groups of five letters and digits. */
export function createRecoveryCode(): string {
  const letters = [...createSalt(CODE_LETTERS)].map((byte) => ALPHABET[byte % 32]).join('');
  return letters.match(/.{1,5}/g)?.join('-') ?? letters;
}

/**
 * The bytes of a recovery code as a person may type it: any case, with or without hyphens and
 * spaces, O for 0, I and L for 1. Undefined for what is no such code.
 */
export function readRecoveryCode(typed: string): Uint8Array<ArrayBuffer> | undefined {
  const letters = typed
    .normalize('NFKC')
    .toUpperCase()
    .replace(/[\s\-‐-―]/g, '')
    .replace(/O/g, '0')
    .replace(/[IL]/g, '1');
  const isCode = letters.length === CODE_LETTERS && /^[0-9A-HJKMNP-TV-Z]+$/.test(letters);
  return isCode ? new TextEncoder().encode(letters) : undefined;
}

/** @throws OnggiError `vault/cannot-open` as an entry without that way does. */
export function requireWrap(entry: KeyRingEntry, kind: LockWrap['kind']): LockWrap {
  for (const wrap of entry.wraps) if (wrap.kind !== 'device' && wrap.kind === kind) return wrap;
  throw new OnggiError('vault/cannot-open', `no ${kind} wrap`);
}

/** The same data key in a form that encrypts and decrypts and cannot be exported any more. */
export async function withoutExport(dataKey: CryptoKey): Promise<CryptoKey> {
  const subtle = requireSubtle();
  const bits = new Uint8Array(await subtle.exportKey('raw', dataKey));
  const key = await subtle.importKey('raw', bits, 'AES-GCM', false, ['encrypt', 'decrypt']);
  bits.fill(0);
  return key;
}
