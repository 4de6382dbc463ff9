import { OnggiError } from '#domain/errors.ts';
import type { KeyRingEntry } from '#domain/secret.ts';
import { unwrapKey } from './aes-gcm.ts';
import type { KeyRingDeps } from './device-key.ts';
import { keyRingData } from './key-ring-data.ts';

/** As `createDeviceKeyRingEntry` of `device-key.ts`, which is fetched for it: it happens once. */
export async function createDeviceKeyRingEntry(deps: KeyRingDeps): Promise<KeyRingEntry> {
  return (await import('./device-key.ts')).createDeviceKeyRingEntry(deps);
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
    return unwrapKey(wrap.wrappedKey, wrap.wrappingKey, wrap.iv, keyRingData(entry.id));
  }
  if (entry.wraps.length > 0) throw new OnggiError('vault/locked', 'no device wrap');
  throw new OnggiError('vault/cannot-open', 'key ring entry without wraps');
}
