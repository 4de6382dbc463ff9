import { describe, expect, test } from 'vitest';
import { toKeyId } from '#domain/ids.ts';
import { keyRingData } from '#vault/key-ring-data.ts';
import { keyFromPassphrase, keyFromSecret, unwrapDataKey } from '#vault/locked-keys.ts';
import type { PassphraseDerivation } from '#vault/locked-keys.ts';

const fromHex = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text);

const ENTRY_ID = toKeyId('entry');

/**
 * Whether a key that cannot be read is made of these bytes: it opens what was closed with them, and AES-GCM is
 * held to its own vectors in `aes-gcm.test.ts`.
 */
async function isMadeOf(kek: CryptoKey, hex: string): Promise<boolean> {
  const iv = new Uint8Array(12);
  const known = await crypto.subtle.importKey('raw', fromHex(hex), 'AES-GCM', false, ['encrypt']);
  const algorithm = { name: 'AES-GCM', iv, additionalData: keyRingData(ENTRY_ID) };
  const wrappedKey = new Uint8Array(
    await crypto.subtle.encrypt(algorithm, known, new Uint8Array(32).fill(7)),
  );
  const wrap = { kind: 'passphrase', derivation: {}, salt: iv, iv, wrappedKey } as const;
  return unwrapDataKey(ENTRY_ID, wrap, kek, false).then(
    () => true,
    () => false,
  );
}

const argon2id = (
  memoryKib: number,
  iterations: number,
  parallelism = 1,
): PassphraseDerivation => ({
  name: 'Argon2id',
  memoryKib,
  iterations,
  parallelism,
});

/**
 * Argon2id, version 0x13: `src/test.c` of the reference implementation (P-H-C/phc-winner-argon2), which RFC 9106
 * names; the vector of the RFC itself has a secret and associated data, which nothing here takes. All were
 * computed once more with @noble/hashes.
 */
const ARGON2ID = [
  [
    'password',
    'somesalt',
    argon2id(65_536, 2),
    '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
  ],
  [
    'password',
    'somesalt',
    argon2id(256, 2),
    '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
  ],
  [
    'password',
    'somesalt',
    argon2id(256, 2, 2),
    '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037',
  ],
  [
    'differentpassword',
    'somesalt',
    argon2id(65_536, 2),
    '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde',
  ],
] as const;

/** RFC 7914, section 11: the first 32 bytes of its 64. */
const PBKDF2 = [
  [
    'passwd',
    'salt',
    { name: 'PBKDF2-SHA-256', iterations: 1 },
    '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc',
  ],
  [
    'Password',
    'NaCl',
    { name: 'PBKDF2-SHA-256', iterations: 80_000 },
    '4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56',
  ],
] as const;

describe('a passphrase becomes the key of the standard', () => {
  test.each([...ARGON2ID, ...PBKDF2])('%s, %s, %j', async (passphrase, salt, derivation, hex) => {
    const kek = await keyFromPassphrase(passphrase, encode(salt), derivation);
    expect(await isMadeOf(kek, hex)).toBe(true);
    expect(
      await isMadeOf(
        kek,
        hex.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      ),
    ).toBe(false);
  });
});

/**
 * Input and salt of RFC 5869, test case 1, with the texts that bind a key to its purpose here; computed with
 * `hkdfSync` of node:crypto.
 */
test.each([
  ['passkey', '90c836266fe18ed4534407f7cdd348621811a8152f6bcbb7fc65ba79e8559d11'],
  ['recovery', '91e80377dc0e4dbb0fa26fd025ce7ea660cf325b2e6092cbb08c5ef60c7bd7a3'],
] as const)('a secret becomes the key for its purpose: %s', async (purpose, hex) => {
  const salt = fromHex('000102030405060708090a0b0c');
  const kek = await keyFromSecret(new Uint8Array(22).fill(0x0b), salt, purpose);
  expect(await isMadeOf(kek, hex)).toBe(true);
});
