import { OnggiError } from '#domain/errors.ts';
import type { KeyId } from '#domain/ids.ts';
import { SEALED_VALUE_VERSION } from '#domain/secret.ts';
import type { SealedValue, SealedValueContext } from '#domain/secret.ts';
import { createIv, decrypt, encrypt, IV_BYTES, TAG_BYTES } from './aes-gcm.ts';

/**
 * Seals a text with a data key, bound to its place and origin. Two calls never give the same bytes.
 * @param keyId Id of `dataKey` in the key ring; stored beside the value so that it is found again.
 * @throws OnggiError `vault/unavailable` on an insecure origin.
 */
export async function sealValue(
  dataKey: CryptoKey,
  keyId: KeyId,
  context: SealedValueContext,
  text: string,
): Promise<SealedValue> {
  const iv = createIv();
  const additionalData = associatedData(SEALED_VALUE_VERSION, context);
  const ciphertext = await encrypt(dataKey, iv, additionalData, new TextEncoder().encode(text));
  return { version: SEALED_VALUE_VERSION, keyId, iv, ciphertext };
}

/**
 * The text of a sealed value.
 * @throws OnggiError `vault/cannot-open` for a version this code does not know, another key, another
 * place or origin than it was sealed for, and changed or cut bytes; `vault/unavailable` on an
 * insecure origin.
 */
export async function openValue(
  dataKey: CryptoKey,
  sealed: SealedValue,
  context: SealedValueContext,
): Promise<string> {
  if (sealed.version !== SEALED_VALUE_VERSION) {
    throw new OnggiError('vault/cannot-open', `sealed value of unknown version`);
  }
  if (sealed.iv.byteLength !== IV_BYTES || sealed.ciphertext.byteLength < TAG_BYTES) {
    throw new OnggiError('vault/cannot-open', 'sealed value of impossible size');
  }
  const additionalData = associatedData(sealed.version, context);
  const plaintext = await decrypt(dataKey, sealed.iv, additionalData, sealed.ciphertext);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(plaintext);
  plaintext.fill(0);
  return text;
}

/** Five strings as a JSON array in UTF-8 (SECURITY 3.1), so that no field can run into the next. */
function associatedData(version: number, context: SealedValueContext): Uint8Array<ArrayBuffer> {
  const { table, recordId, field, origin } = context;
  return new TextEncoder().encode(
    JSON.stringify([String(version), table, recordId, field, origin]),
  );
}
