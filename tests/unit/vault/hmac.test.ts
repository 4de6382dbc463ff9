import { expect, it, test } from 'vitest';
import { generateHmacKey, isHmacKey, signText } from '#vault/hmac.ts';

const HMAC = { name: 'HMAC', hash: 'SHA-256' };

const importKey = (bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign']);

/** RFC 4231, test cases 1, 2 and 6: those whose data are text. */
it.each([
  [
    new Uint8Array(20).fill(0x0b),
    'Hi There',
    'b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7',
  ],
  [
    new TextEncoder().encode('Jefe'),
    'what do ya want for nothing?',
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  ],
  [
    new Uint8Array(131).fill(0xaa),
    'Test Using Larger Than Block-Size Key - Hash Key First',
    '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
  ],
])('signs as RFC 4231 says (%#)', async (bytes, text, signature) => {
  expect(await signText(await importKey(bytes), text)).toBe(signature);
});

test('a key cannot be read, and is a key again after it was stored', async () => {
  const key = await generateHmacKey();
  expect(key.extractable).toBe(false);
  await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
  const copy: unknown = structuredClone(key);
  expect(isHmacKey(copy)).toBe(true);
  if (isHmacKey(copy)) expect(await signText(copy, '글')).toBe(await signText(key, '글'));
});

test('two keys sign differently', async () => {
  const [one, other] = [await generateHmacKey(), await generateHmacKey()];
  expect(await signText(one, 'text')).not.toBe(await signText(other, 'text'));
});

it.each([[undefined], [null], ['key'], [{ algorithm: { name: 'HMAC' }, usages: ['sign'] }]])(
  'takes %j for no key',
  (value) => expect(isHmacKey(value)).toBe(false),
);

test('takes a key for something else for no key', async () => {
  const key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt']);
  expect(isHmacKey(key)).toBe(false);
});
