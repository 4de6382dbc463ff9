import { toKeyId } from '#domain/ids.ts';
import type { Clock, CreateId } from '#domain/ids.ts';
import type { KeyRingEntry } from '#domain/secret.ts';
import { createIv, generateKey, wrapKey } from './aes-gcm.ts';
import { keyRingData } from './key-ring-data.ts';

export interface KeyRingDeps {
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
  const wrappedKey = await wrapKey(dataKey, wrappingKey, iv, keyRingData(id));
  return {
    id,
    algorithm: 'AES-256-GCM',
    createdAt: deps.clock(),
    state: 'active',
    wraps: [{ kind: 'device', wrappingKey, iv, wrappedKey }],
  };
}
