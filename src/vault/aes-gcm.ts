import { OnggiError } from '#domain/errors.ts';

/*
 * AES-256-GCM over WebCrypto, the lowest layer of the vault:
 *
 *   seal.ts      one value ⇄ SealedValue          (settings keeps the rows)
 *   key-ring.ts  one data key ⇄ its wraps         (db keeps the entries)
 *   aes-gcm.ts   bytes ⇄ bytes                     with digest.ts alone touches crypto.subtle
 */

/** Bytes of a GCM nonce (NIST SP 800-38D section 8.2: 96 bits). */
export const IV_BYTES = 12;
/** Bytes of the tag at the end of every ciphertext. */
export const TAG_BYTES = 16;

const ALGORITHM = 'AES-GCM';

/**
 * The browser's WebCrypto, for this folder only.
 * @throws OnggiError `vault/unavailable` where the page has none: an origin that is neither https
 * nor this computer.
 */
export function requireSubtle(): SubtleCrypto {
  // The type says it is always there; on an insecure origin it is not.
  const { subtle } = crypto as { readonly subtle?: SubtleCrypto };
  if (!subtle) throw new OnggiError('vault/unavailable', 'no crypto.subtle on this origin');
  return subtle;
}

/** Twelve fresh random bytes. Never used twice with one key. */
export function createIv(): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(IV_BYTES));
}

/** A fresh 256-bit AES-GCM key for `usages`. */
export function generateKey(
  isExtractable: boolean,
  usages: readonly KeyUsage[],
): Promise<CryptoKey> {
  return requireSubtle().generateKey({ name: ALGORITHM, length: 256 }, isExtractable, [...usages]);
}

/** The ciphertext of `plaintext`, 16 bytes longer: the tag is at its end. */
export async function encrypt(
  key: CryptoKey,
  iv: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  plaintext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(
    await requireSubtle().encrypt(parameters(iv, additionalData), key, plaintext),
  );
}

/**
 * The plaintext of `ciphertext`.
 * @throws OnggiError `vault/cannot-open` for another key, nonce or associated data, changed bytes,
 * and anything that is not a ciphertext at all.
 */
export async function decrypt(
  key: CryptoKey,
  iv: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  ciphertext: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const subtle = requireSubtle();
  try {
    return new Uint8Array(await subtle.decrypt(parameters(iv, additionalData), key, ciphertext));
  } catch (cause) {
    throw new OnggiError('vault/cannot-open', 'ciphertext does not open', { cause });
  }
}

/** `key` in raw form, encrypted with `wrappingKey`: 48 bytes for a 256-bit key. */
export async function wrapKey(
  key: CryptoKey,
  wrappingKey: CryptoKey,
  iv: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const wrap = parameters(iv, additionalData);
  return new Uint8Array(await requireSubtle().wrapKey('raw', key, wrappingKey, wrap));
}

/**
 * A wrapped data key, ready to encrypt and decrypt.
 * @param isExtractable Only where it is to be wrapped once more.
 * @throws OnggiError `vault/cannot-open` as {@link decrypt} does.
 */
export async function unwrapKey(
  wrappedKey: Uint8Array<ArrayBuffer>,
  wrappingKey: CryptoKey,
  iv: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
  isExtractable = false,
): Promise<CryptoKey> {
  const subtle = requireSubtle();
  try {
    return await subtle.unwrapKey(
      'raw',
      wrappedKey,
      wrappingKey,
      parameters(iv, additionalData),
      { name: ALGORITHM, length: 256 },
      isExtractable,
      ['encrypt', 'decrypt'],
    );
  } catch (cause) {
    throw new OnggiError('vault/cannot-open', 'data key does not unwrap', { cause });
  }
}

function parameters(
  iv: Uint8Array<ArrayBuffer>,
  additionalData: Uint8Array<ArrayBuffer>,
): AesGcmParams {
  return { name: ALGORITHM, iv, additionalData, tagLength: TAG_BYTES * 8 };
}
