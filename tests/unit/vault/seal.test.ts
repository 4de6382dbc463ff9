import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { toKeyId } from '#domain/ids.ts';
import type { SealedValue, SealedValueContext } from '#domain/secret.ts';
import { generateKey } from '#vault/aes-gcm.ts';
import { openValue, sealValue } from '#vault/seal.ts';

const KEY_ID = toKeyId('key-1');
const CONTEXT: SealedValueContext = {
  table: 'secrets',
  recordId: 'endpoint-1',
  field: 'apiKey',
  origin: 'https://api.example.com',
};
const CANNOT_OPEN = expect.objectContaining({ code: 'vault/cannot-open' }) as Error;

let dataKey: CryptoKey;
beforeAll(async () => {
  dataKey = await generateKey(false, ['encrypt', 'decrypt']);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const seal = (text = 'sk-test'): Promise<SealedValue> => sealValue(dataKey, KEY_ID, CONTEXT, text);

describe('round trip', () => {
  it.each([
    ...[0, 1, 15, 16, 17, 31, 32, 33, 10_000].map((size) => 'x'.repeat(size)),
    '한국어 키',
    '👩‍👩‍👧‍👦🇰🇷',
    '\uFEFFbegins with a byte order mark',
    '\u0000\n\r\t',
  ])('of %j', async (text) => {
    const sealed = await seal(text);
    expect(sealed.ciphertext.byteLength).toBe(new TextEncoder().encode(text).length + 16);
    expect(await openValue(dataKey, sealed, CONTEXT)).toBe(text);
  });

  it('has the form of SECURITY 3.1', async () => {
    const sealed = await seal();
    expect(sealed).toMatchObject({ version: 1, keyId: KEY_ID });
    expect(sealed.iv.byteLength).toBe(12);
    // Associated data written out by hand: a change of them would lock everybody out.
    const additionalData = new TextEncoder().encode(
      '["1","secrets","endpoint-1","apiKey","https://api.example.com"]',
    );
    const parameters = { name: 'AES-GCM', iv: sealed.iv, additionalData };
    const plaintext = await crypto.subtle.decrypt(parameters, dataKey, sealed.ciphertext);
    expect(new TextDecoder().decode(plaintext)).toBe('sk-test');
  });

  it('never gives the same bytes twice', async () => {
    const sealed = await Promise.all(Array.from({ length: 100 }, () => seal()));
    expect(new Set(sealed.map(({ iv }) => iv.join())).size).toBe(100);
    expect(new Set(sealed.map(({ ciphertext }) => ciphertext.join())).size).toBe(100);
  });

  it('survives the structured clone that IndexedDB makes', async () => {
    expect(await openValue(dataKey, structuredClone(await seal()), CONTEXT)).toBe('sk-test');
  });

  it('holds the text nowhere in clear', async () => {
    const { ciphertext } = await seal('MARKER-MARKER-MARKER');
    expect(new TextDecoder('latin1').decode(ciphertext)).not.toContain('MARKER');
  });
});

describe('does not open', () => {
  it.each(['table', 'recordId', 'field', 'origin'] as const)('with another %s', async (part) => {
    const context = { ...CONTEXT, [part]: `${CONTEXT[part]}x` };
    await expect(openValue(dataKey, await seal(), context)).rejects.toThrow(CANNOT_OPEN);
  });

  it('when the same letters are spread differently over the parts', async () => {
    const context = { ...CONTEXT, table: 'secretse', recordId: 'ndpoint-1' };
    await expect(openValue(dataKey, await seal(), context)).rejects.toThrow(CANNOT_OPEN);
  });

  it('with another key', async () => {
    const otherKey = await generateKey(false, ['encrypt', 'decrypt']);
    await expect(openValue(otherKey, await seal(), CONTEXT)).rejects.toThrow(CANNOT_OPEN);
  });

  it.each([0, 2, -1, 1.5, NaN])('as version %d', async (version) => {
    const sealed = { ...(await seal()), version };
    await expect(openValue(dataKey, sealed, CONTEXT)).rejects.toThrow(CANNOT_OPEN);
  });

  it('with any bit of the ciphertext, the tag or the iv flipped', async () => {
    const sealed = await seal('short');
    for (const field of ['iv', 'ciphertext'] as const) {
      for (let bit = 0; bit < sealed[field].length * 8; bit += 1) {
        const damaged = sealed[field].slice();
        damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const opened = openValue(dataKey, { ...sealed, [field]: damaged }, CONTEXT);
        await expect(opened).rejects.toThrow(CANNOT_OPEN);
      }
    }
  });

  it('when it is cut or grown', async () => {
    const sealed = await seal('short');
    for (let length = 0; length < sealed.ciphertext.length; length += 1) {
      const ciphertext = sealed.ciphertext.slice(0, length);
      await expect(openValue(dataKey, { ...sealed, ciphertext }, CONTEXT)).rejects.toThrow(
        CANNOT_OPEN,
      );
    }
    const ciphertext = new Uint8Array([...sealed.ciphertext, 0]);
    await expect(openValue(dataKey, { ...sealed, ciphertext }, CONTEXT)).rejects.toThrow(
      CANNOT_OPEN,
    );
    const iv = new Uint8Array(16);
    await expect(openValue(dataKey, { ...sealed, iv }, CONTEXT)).rejects.toThrow(CANNOT_OPEN);
  });

  it('and says unavailable where the page has no WebCrypto', async () => {
    const sealed = await seal();
    vi.stubGlobal('crypto', {});
    await expect(openValue(dataKey, sealed, CONTEXT)).rejects.toThrow(
      expect.objectContaining({ code: 'vault/unavailable' }),
    );
  });
});
