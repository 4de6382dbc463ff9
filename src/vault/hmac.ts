import { requireSubtle } from './aes-gcm.ts';

const ALGORITHM: HmacKeyGenParams = { name: 'HMAC', hash: 'SHA-256' };

/**
 * A fresh key for {@link signText}: 512 bits, the block of SHA-256. It cannot be extracted: it can be
 * stored in IndexedDB and used by this origin in this profile, and its bytes never reach a script.
 * @throws OnggiError `vault/unavailable` on an insecure origin.
 */
export async function generateHmacKey(): Promise<CryptoKey> {
  return requireSubtle().generateKey(ALGORITHM, false, ['sign']);
}

/** Whether a stored value is a key that {@link signText} can use. */
export function isHmacKey(value: unknown): value is CryptoKey {
  if (!(value instanceof CryptoKey)) return false;
  return value.algorithm.name === ALGORITHM.name && value.usages.includes('sign');
}

/**
 * HMAC-SHA-256 (RFC 2104) of the UTF-8 bytes of `text`, as 64 hexadecimal digits. A lone surrogate
 * counts as U+FFFD: pass JSON, which writes one as an escape, where that matters.
 * @throws OnggiError `vault/unavailable` on an insecure origin.
 */
export async function signText(key: CryptoKey, text: string): Promise<string> {
  const bytes = new TextEncoder().encode(text);
  const signature = new Uint8Array(await requireSubtle().sign(ALGORITHM, key, bytes));
  return Array.from(signature, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
