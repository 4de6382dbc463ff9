import { requireSubtle } from './aes-gcm.ts';

/**
 * The SHA-256 of `bytes`, 32 bytes (FIPS 180-4). The bytes are copied before this returns: whoever
 * transfers them away afterwards does no harm.
 * @throws OnggiError `vault/unavailable` on an insecure origin.
 */
export async function digestSha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await requireSubtle().digest('SHA-256', bytes));
}
