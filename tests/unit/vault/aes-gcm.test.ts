import { describe, expect, it } from 'vitest';
import { decrypt, encrypt } from '#vault/aes-gcm.ts';

const fromHex = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

const importKey = (hex: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', fromHex(hex), 'AES-GCM', false, ['encrypt', 'decrypt']);

const KEY = 'feffe9928665731c6d6a8f9467308308'.repeat(2);
const IV = 'cafebabefacedbaddecaf888';
const PLAINTEXT =
  'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72' +
  '1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b391aafd255';
const CIPHERTEXT =
  '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa' +
  '8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662898015ad';

/** Test cases 13 to 16 of McGrew and Viega, "The Galois/Counter Mode of Operation", appendix B. */
const VECTORS = [
  ['13', '00'.repeat(32), '00'.repeat(12), '', '', '530f8afbc74536b9a963b4f1c4cb738b'],
  [
    '14',
    '00'.repeat(32),
    '00'.repeat(12),
    '',
    '00'.repeat(16),
    'cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919',
  ],
  ['15', KEY, IV, '', PLAINTEXT, `${CIPHERTEXT}b094dac5d93471bdec1a502270e3cc6c`],
  [
    '16',
    KEY,
    IV,
    'feedfacedeadbeeffeedfacedeadbeefabaddad2',
    PLAINTEXT.slice(0, 120),
    `${CIPHERTEXT.slice(0, 120)}76fc6ece0f4e1768cddf8853bb2d551b`,
  ],
] as const;

describe('the published vectors', () => {
  it.each(VECTORS)('case %s', async (_name, keyHex, iv, additionalData, plaintext, ciphertext) => {
    const key = await importKey(keyHex);
    const parts = [fromHex(iv), fromHex(additionalData)] as const;
    expect(toHex(await encrypt(key, ...parts, fromHex(plaintext)))).toBe(ciphertext);
    expect(toHex(await decrypt(key, ...parts, fromHex(ciphertext)))).toBe(plaintext);
  });

  it.each(VECTORS)('case %s with a flipped bit anywhere does not open', async (...vector) => {
    const [, keyHex, iv, additionalData, , ciphertext] = vector;
    const key = await importKey(keyHex);
    const length = ciphertext.length / 2;
    for (const at of [0, Math.floor(length / 2), length - 1]) {
      const damaged = fromHex(ciphertext);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      await expect(decrypt(key, fromHex(iv), fromHex(additionalData), damaged)).rejects.toThrow(
        expect.objectContaining({ code: 'vault/cannot-open' }),
      );
    }
  });
});
