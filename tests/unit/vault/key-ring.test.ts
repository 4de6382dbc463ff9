import { afterEach, describe, expect, it, vi } from 'vitest';
import { toKeyId } from '#domain/ids.ts';
import type { KeyRingEntry, KeyWrap } from '#domain/secret.ts';
import { createDeviceKeyRingEntry, unlockDataKey } from '#vault/key-ring.ts';
import { openValue, sealValue } from '#vault/seal.ts';

const CONTEXT = { table: 'secrets', recordId: 'r', field: 'apiKey', origin: 'https://a.example' };
const CANNOT_OPEN = expect.objectContaining({ code: 'vault/cannot-open' }) as Error;

let count = 0;
const createEntry = (): Promise<KeyRingEntry> =>
  createDeviceKeyRingEntry({ createId: () => `key-${(count += 1)}`, clock: () => 1234 });

type DeviceWrap = Extract<KeyWrap, { kind: 'device' }>;
function deviceWrapOf(entry: KeyRingEntry): DeviceWrap {
  const wrap = entry.wraps[0];
  if (wrap?.kind !== 'device') throw new Error('no device wrap');
  return wrap;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('createDeviceKeyRingEntry', () => {
  it('makes an active entry with one device wrap', async () => {
    const entry = await createEntry();
    expect(entry).toMatchObject({ algorithm: 'AES-256-GCM', createdAt: 1234, state: 'active' });
    expect(entry.wraps).toHaveLength(1);
    expect(deviceWrapOf(entry).iv.byteLength).toBe(12);
    expect(deviceWrapOf(entry).wrappedKey.byteLength).toBe(32 + 16);
  });

  it('keeps both keys from being exported', async () => {
    const entry = await createEntry();
    const { wrappingKey } = deviceWrapOf(entry);
    const dataKey = await unlockDataKey(entry);
    for (const key of [wrappingKey, dataKey]) {
      expect(key.extractable).toBe(false);
      await expect(crypto.subtle.exportKey('raw', key)).rejects.toThrow();
    }
    expect([...wrappingKey.usages].sort()).toEqual(['unwrapKey', 'wrapKey']);
    expect([...dataKey.usages].sort()).toEqual(['decrypt', 'encrypt']);
  });

  it('makes another data key each time', async () => {
    const [first, second] = [await createEntry(), await createEntry()];
    const sealed = await sealValue(await unlockDataKey(first), first.id, CONTEXT, 'x');
    const opened = openValue(await unlockDataKey(second), sealed, CONTEXT);
    await expect(opened).rejects.toThrow(CANNOT_OPEN);
  });

  it('says unavailable where the page has no WebCrypto', async () => {
    vi.stubGlobal('crypto', {});
    await expect(createEntry()).rejects.toThrow(
      expect.objectContaining({ code: 'vault/unavailable' }),
    );
  });
});

describe('unlockDataKey', () => {
  it('gives the same key each time, also to a clone and a retired entry', async () => {
    const entry = await createEntry();
    const sealed = await sealValue(await unlockDataKey(entry), entry.id, CONTEXT, '비밀');
    for (const copy of [entry, structuredClone(entry), { ...entry, state: 'retired' as const }]) {
      expect(await openValue(await unlockDataKey(copy), sealed, CONTEXT)).toBe('비밀');
    }
  });

  it('does not open a wrap that was moved to another entry', async () => {
    const entry = await createEntry();
    const moved = { ...entry, id: toKeyId('other') };
    await expect(unlockDataKey(moved)).rejects.toThrow(CANNOT_OPEN);
  });

  it('does not open a damaged wrap or one of another device key', async () => {
    const entry = await createEntry();
    const wrap = deviceWrapOf(entry);
    const other = deviceWrapOf(await createEntry());
    const damaged = wrap.wrappedKey.slice();
    damaged[0] = (damaged[0] ?? 0) ^ 1;
    for (const changes of [
      { wrappedKey: damaged },
      { wrappedKey: new Uint8Array(0) },
      { iv: new Uint8Array(12) },
      { wrappingKey: other.wrappingKey },
    ]) {
      const wraps = [{ ...wrap, ...changes }];
      await expect(unlockDataKey({ ...entry, wraps })).rejects.toThrow(CANNOT_OPEN);
    }
  });

  it('is locked when only later modes could open it, damaged when nothing could', async () => {
    const entry = await createEntry();
    const { iv, wrappedKey } = deviceWrapOf(entry);
    const passphrase = { kind: 'passphrase', derivation: {}, salt: iv, iv, wrappedKey } as const;
    await expect(unlockDataKey({ ...entry, wraps: [passphrase] })).rejects.toThrow(
      expect.objectContaining({ code: 'vault/locked' }),
    );
    await expect(unlockDataKey({ ...entry, wraps: [] })).rejects.toThrow(CANNOT_OPEN);
    const both = { ...entry, wraps: [passphrase, deviceWrapOf(entry)] };
    expect((await unlockDataKey(both)).type).toBe('secret');
  });
});
