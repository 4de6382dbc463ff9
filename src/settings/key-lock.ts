import { getActiveKeyRingEntry } from '#db/key-ring.ts';
import { replaceWrap, requireRoomForKeys } from '#db/key-rotation.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Clock, CreateId, KeyId } from '#domain/ids.ts';
import { isLockEntry } from '#domain/secret.ts';
import type { KeyRingEntry, LockWrap } from '#domain/secret.ts';
import { createDeviceKeyRingEntry, unlockDataKey } from '#vault/key-ring.ts';
import {
  createBareEntry,
  createRecoveryCode,
  createSalt,
  isWeaker,
  keyFromPassphrase,
  keyFromSecret,
  readDerivation,
  readRecoveryCode,
  requireWrap,
  strongestDerivation,
  unwrapDataKey,
  withoutExport,
  wrapDataKey,
} from '#vault/locked-keys.ts';
import { createPasskey, readPasskey, usePasskey } from '#vault/passkey.ts';
import type { ApiKeys } from './api-keys.ts';

/** NIST SP 800-63B: at least eight characters. */
export const MIN_PASSPHRASE = 8;
/** Nothing is cut: a longer one is refused. */
export const MAX_PASSPHRASE = 10_000;

/** What opens a lock: text that was typed (passphrase or recovery code), or a passkey. */
export type Proof =
  { readonly kind: 'typed'; readonly text: string } | { readonly kind: 'passkey' };

/** The ways a lock can be opened by; `none` without a lock. */
export interface LockState {
  readonly isSet: boolean;
  readonly hasPassphrase: boolean;
  readonly hasPasskey: boolean;
}

/** The lock on the API keys. Setting, changing and removing it seals them anew: nobody types one again. */
export interface KeyLock {
  readState(): Promise<LockState>;
  /**
   * Sets a lock with a new data key.
   * @returns the recovery code, which is stored nowhere.
   * @throws OnggiError `vault/too-short`, `vault/too-long`, `vault/passkey-*`, `vault/*`, `db/*`;
   * nothing changed then.
   */
  set(way: { readonly passphrase: string } | { readonly passkey: string }): Promise<string>;
  /**
   * Opens the lock for this page.
   * @throws OnggiError `vault/cannot-open` whatever was wrong; `vault/passkey-*`.
   */
  unlock(proof: Proof): Promise<void>;
  /** Sets another passphrase, or the first beside a passkey. @throws as {@link set} and {@link unlock} */
  changePassphrase(proof: Proof, passphrase: string): Promise<void>;
  /** Adds a passkey in the place of an older one. @param label Its name. */
  addPasskey(proof: Proof, label: string): Promise<void>;
  /** Takes the passkey away; a passphrase must be there. */
  removePasskey(proof: Proof): Promise<void>;
  /** Makes a new recovery code; the old one opens no more. */
  renewCode(proof: Proof): Promise<string>;
  /** Takes the lock away: the keys are sealed for this browser profile again. */
  remove(proof: Proof): Promise<void>;
  /** Drops what opens the keys on this page. */
  forget(): void;
  /** Gives the keys up: lock and stored API keys go, also those aside, everything else stays. */
  giveUp(): Promise<void>;
}

interface KeyLockDeps {
  readonly db: OnggiDatabase;
  readonly clock: Clock;
  readonly createId: CreateId;
  readonly apiKeys: Pick<ApiKeys, 'rotateTo' | 'closeAside' | 'deleteAll'>;
  /** Data keys that are open on this page. */
  readonly unlocked: Map<KeyId, CryptoKey>;
}

export function createKeyLock({ db, clock, createId, apiKeys, unlocked }: KeyLockDeps): KeyLock {
  async function requireLock(): Promise<KeyRingEntry> {
    const entry = await getActiveKeyRingEntry(db);
    if (!entry || !isLockEntry(entry)) throw new OnggiError('vault/cannot-open', 'no lock is set');
    return entry;
  }

  /** The data key, ready to be wrapped once more. */
  async function prove(entry: KeyRingEntry, proof: Proof): Promise<CryptoKey> {
    if (proof.kind === 'passkey') {
      const wrap = requireWrap(entry, 'passkey');
      const passkey = readPasskey(wrap.derivation);
      if (!passkey) throw new OnggiError('vault/cannot-open', 'unknown passkey');
      const kek = await keyFromSecret(await usePasskey(passkey, wrap.salt), wrap.salt, 'passkey');
      return unwrapDataKey(entry.id, wrap, kek, true);
    }
    const code = readRecoveryCode(proof.text);
    if (code) {
      const wrap = requireWrap(entry, 'recovery');
      const kek = await keyFromSecret(code, wrap.salt, 'recovery');
      const dataKey = await unwrapDataKey(entry.id, wrap, kek, true).catch(() => undefined);
      if (dataKey) return dataKey;
    }
    const wrap = requireWrap(entry, 'passphrase');
    const derivation = readDerivation(wrap.derivation);
    if (!derivation) throw new OnggiError('vault/cannot-open', 'unknown derivation');
    const kek = await keyFromPassphrase(proof.text, wrap.salt, derivation);
    return unwrapDataKey(entry.id, wrap, kek, true);
  }

  async function wrapWithPassphrase(id: KeyId, dataKey: CryptoKey, passphrase: string) {
    const salt = createSalt();
    const derivation = strongestDerivation();
    const kek = await keyFromPassphrase(passphrase, salt, derivation);
    return wrapDataKey(id, dataKey, kek, {
      kind: 'passphrase',
      salt,
      derivation: { ...derivation },
    });
  }

  async function wrapWithPasskey(id: KeyId, dataKey: CryptoKey, label: string) {
    const salt = createSalt(32);
    const { derivation, secret } = await createPasskey(salt, label);
    const kek = await keyFromSecret(secret, salt, 'passkey');
    secret.fill(0);
    return wrapDataKey(id, dataKey, kek, { kind: 'passkey', salt, derivation: { ...derivation } });
  }

  async function wrapWithCode(id: KeyId, dataKey: CryptoKey) {
    const code = createRecoveryCode();
    const salt = createSalt();
    const secret = readRecoveryCode(code);
    if (!secret) throw new OnggiError('app/unexpected', 'a code that cannot be read');
    const kek = await keyFromSecret(secret, salt, 'recovery');
    const derivation = { name: 'HKDF-SHA-256' };
    const wrap = await wrapDataKey(id, dataKey, kek, { kind: 'recovery', salt, derivation });
    return { code, wrap };
  }

  /** Keeps the data key for this page, in a form that cannot leave it. */
  async function keep(id: KeyId, dataKey: CryptoKey): Promise<void> {
    unlocked.set(id, await withoutExport(dataKey));
  }

  async function change(
    proof: Proof,
    make: (entry: KeyRingEntry, dataKey: CryptoKey) => Promise<LockWrap | null>,
    kind: LockWrap['kind'],
  ): Promise<void> {
    const entry = await requireLock();
    await requireRoomForKeys(db);
    const dataKey = await prove(entry, proof);
    const wrap = await make(entry, dataKey);
    const before = entry.wraps.find((wrap) => wrap.kind === kind);
    // A restore under this lock put its old wraps aside: what opened them must not open them for good.
    await apiKeys.closeAside(entry, dataKey);
    await replaceWrap(db, entry.id, { kind, before, after: wrap });
    await keep(entry.id, dataKey);
  }

  return {
    async readState() {
      const entry = await getActiveKeyRingEntry(db);
      const isSet = entry !== undefined && isLockEntry(entry);
      const has = (kind: LockWrap['kind']) =>
        isSet && entry.wraps.some((wrap) => wrap.kind === kind);
      return { isSet, hasPassphrase: has('passphrase'), hasPasskey: has('passkey') };
    },
    async set(way) {
      if ('passphrase' in way) checkPassphrase(way.passphrase);
      await requireRoomForKeys(db);
      const { entry, dataKey } = await createBareEntry({ createId, clock });
      const main =
        'passphrase' in way
          ? await wrapWithPassphrase(entry.id, dataKey, way.passphrase)
          : await wrapWithPasskey(entry.id, dataKey, way.passkey);
      const { code, wrap } = await wrapWithCode(entry.id, dataKey);
      await apiKeys.rotateTo({ ...entry, wraps: [main, wrap] }, dataKey);
      await keep(entry.id, dataKey);
      return code;
    },
    async unlock(proof) {
      const entry = await requireLock();
      const dataKey = await prove(entry, proof);
      await keep(entry.id, dataKey);
      // The lock is open whether or not this can be written now: the next time tries again.
      await apiKeys.closeAside(entry, dataKey).catch(() => undefined);
      if (proof.kind === 'passkey' || readRecoveryCode(proof.text)) return;
      const before = requireWrap(entry, 'passphrase');
      const derivation = readDerivation(before.derivation);
      if (!derivation || !isWeaker(derivation)) return;
      // A better derivation became usual since: this is the moment when the passphrase is here.
      const after = await wrapWithPassphrase(entry.id, dataKey, proof.text);
      await replaceWrap(db, entry.id, { kind: 'passphrase', before, after }).catch(() => undefined);
    },
    changePassphrase(proof, passphrase) {
      checkPassphrase(passphrase);
      return change(
        proof,
        ({ id }, dataKey) => wrapWithPassphrase(id, dataKey, passphrase),
        'passphrase',
      );
    },
    addPasskey: (proof, label) =>
      change(proof, ({ id }, dataKey) => wrapWithPasskey(id, dataKey, label), 'passkey'),
    removePasskey: (proof) =>
      change(
        proof,
        (entry) => {
          requireWrap(entry, 'passphrase');
          return Promise.resolve(null);
        },
        'passkey',
      ),
    async renewCode(proof) {
      let fresh = '';
      await change(
        proof,
        async ({ id }, dataKey) => {
          const { code, wrap } = await wrapWithCode(id, dataKey);
          fresh = code;
          return wrap;
        },
        'recovery',
      );
      return fresh;
    },
    async remove(proof) {
      const entry = await requireLock();
      await requireRoomForKeys(db);
      await keep(entry.id, await prove(entry, proof));
      const device = await createDeviceKeyRingEntry({ createId, clock });
      await apiKeys.rotateTo(device, await unlockDataKey(device));
      unlocked.clear();
    },
    forget: () => unlocked.clear(),
    async giveUp() {
      await apiKeys.deleteAll();
      unlocked.clear();
    },
  };
}

/** @throws OnggiError `vault/too-short`, `vault/too-long`. */
function checkPassphrase(passphrase: string): void {
  const { length } = [...passphrase.normalize('NFKC').matchAll(/./gsu)];
  if (length < MIN_PASSPHRASE) throw new OnggiError('vault/too-short', `${length} characters`);
  if (length > MAX_PASSPHRASE) throw new OnggiError('vault/too-long', `${length} characters`);
}
