import { OnggiError } from '#domain/errors.ts';
import { toKeyId } from '#domain/ids.ts';
import type { Clock, CreateId, KeyId } from '#domain/ids.ts';
import type { KeyRingEntry } from '#domain/secret.ts';
import { createIv, generateKey, unwrapKey, wrapKey } from './aes-gcm.ts';

interface KeyRingDeps {
  readonly createId: CreateId;
  readonly clock: Clock;
}

/**
 * A fresh data key as an active entry of the key ring, wrapped by a device key (mode A).
 * The device key is a CryptoKey that cannot be extracted: it can be stored in IndexedDB and used by
 * this origin in this profile, and its bytes never reach a script. It does not protect against a
 * copy of the profile (SECURITY finding 4).
 * @throws OnggiError `vault/unavailable` on an insecure origin.
 */
export async function createDeviceKeyRingEntry(deps: KeyRingDeps): Promise<KeyRingEntry> {
  const id = toKeyId(deps.createId());
  const wrappingKey = await generateKey(false, ['wrapKey', 'unwrapKey']);
  // Extractable only so that it can be wrapped; this reference ends with the function.
  const dataKey = await generateKey(true, ['encrypt', 'decrypt']);
  const iv = createIv();
  const wrappedKey = await wrapKey(dataKey, wrappingKey, iv, associatedData(id));
  return {
    id,
    algorithm: 'AES-256-GCM',
    createdAt: deps.clock(),
    state: 'active',
    wraps: [{ kind: 'device', wrappingKey, iv, wrappedKey }],
  };
}

/**
 * The data key of an entry, active or retired. It encrypts and decrypts and cannot be extracted.
 * @throws OnggiError `vault/locked` when the entry has only wraps that ask the person for something
 * (later modes), `vault/cannot-open` when its bytes are damaged or it has no wrap at all,
 * `vault/unavailable` on an insecure origin.
 */
export async function unlockDataKey(entry: KeyRingEntry): Promise<CryptoKey> {
  const wrap = entry.wraps.find(({ kind }) => kind === 'device');
  if (wrap?.kind === 'device') {
    return unwrapKey(wrap.wrappedKey, wrap.wrappingKey, wrap.iv, associatedData(entry.id));
  }
  if (entry.wraps.length > 0) throw new OnggiError('vault/locked', 'no device wrap');
  throw new OnggiError('vault/cannot-open', 'key ring entry without wraps');
}

/** A wrap is bound to the id of its entry: moved to another one it does not open. */
function associatedData(id: KeyId): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(['1', 'keyRing', id, 'dataKey', '']));
}
