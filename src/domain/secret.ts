import type { EndpointId, KeyId } from './ids.ts';

/** Format version of a sealed value. */
export const SEALED_VALUE_VERSION = 1;

/**
 * One value sealed with AES-256-GCM. `ciphertext` ends with the 16-byte tag; `iv` is 12 bytes, fresh
 * for every write. The associated data are the JSON array, in UTF-8, of format version, table,
 * record id, field and endpoint origin (SECURITY 3.1).
 */
export interface SealedValue {
  readonly version: number;
  readonly keyId: KeyId;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly ciphertext: Uint8Array<ArrayBuffer>;
}

/** What a sealed value is bound to; with any other it does not open. */
export interface SealedValueContext {
  readonly table: string;
  readonly recordId: string;
  readonly field: string;
  /** Scheme, host and port of the endpoint the key belongs to. */
  readonly origin: string;
}

/** Row of the table `secrets`: one API key. Never leaves this table but into its own request. */
export interface Secret {
  /** The endpoint it belongs to. */
  readonly id: EndpointId;
  readonly origin: string;
  readonly sealed: SealedValue;
  /** For the person to recognise it; empty when the key is shorter than eight characters. */
  readonly lastFour: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A way to a data key that asks the person for something (modes B and C). */
export interface LockWrap {
  readonly kind: 'passphrase' | 'passkey' | 'recovery';
  /** Name and figures of the derivation, so that they can be raised. */
  readonly derivation: Readonly<Record<string, unknown>>;
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iv: Uint8Array<ArrayBuffer>;
  readonly wrappedKey: Uint8Array<ArrayBuffer>;
}

/**
 * One way to a data key. `device` (mode A): wrapped by a non-extractable key of this browser
 * profile, and so open by itself. The others make a lock; an entry has either the one or the others.
 */
export type KeyWrap =
  | {
      readonly kind: 'device';
      readonly wrappingKey: CryptoKey;
      readonly iv: Uint8Array<ArrayBuffer>;
      readonly wrappedKey: Uint8Array<ArrayBuffer>;
    }
  | LockWrap;

/** Row of the table `keyRing`: one data key. At most one is `active`. */
export interface KeyRingEntry {
  readonly id: KeyId;
  readonly algorithm: 'AES-256-GCM';
  readonly createdAt: number;
  readonly state: 'active' | 'retired';
  readonly wraps: readonly KeyWrap[];
}

/** Whether only the person can open an entry. */
export function isLockEntry({ wraps }: Pick<KeyRingEntry, 'wraps'>): boolean {
  return wraps.length > 0 && wraps.every(({ kind }) => kind !== 'device');
}
