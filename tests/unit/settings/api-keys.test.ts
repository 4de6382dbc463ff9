import { describe, expect, test, vi } from 'vitest';
import { createApiKeys } from '#settings/api-keys.ts';
import { createEndpoints } from '#settings/endpoints.ts';
import type { EndpointFields } from '#settings/endpoints.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { createTestClock, createTestIds, follow, openForTest } from '../db/fresh-database.ts';

const apiKey = 'sk-test-0123456789abcd';

async function openSettings() {
  const db = await openForTest();
  const deps = { db, clock: createTestClock(), createId: createTestIds() };
  const apiKeys = createApiKeys(deps);
  const endpoints = createEndpoints({ ...deps, apiKeys });
  const add = (fields: Partial<EndpointFields> = {}): Promise<Endpoint> =>
    endpoints.add({
      presetId: 'custom',
      name: 'Mine',
      baseUrl: 'https://api.example.com/v1',
      chatModels: [],
      ...fields,
    });
  return { db, deps, apiKeys, endpoints, add };
}

const cannotOpen = { code: 'vault/cannot-open' };

describe('an API key', () => {
  test.each([apiKey, 'k', 'x'.repeat(5000)])('opens as it was saved: %#', async (key) => {
    const { apiKeys, add } = await openSettings();
    const endpoint = await add();
    await apiKeys.save(endpoint, key);
    expect(await apiKeys.open(endpoint)).toBe(key);
  });

  test('stands in no table in clear, and its data key cannot be read out', async () => {
    const { db, add } = await openSettings();
    await add({ apiKey });
    for (const table of db.strict.tables) {
      const rows = await table.toArray();
      const bytes = rows.map((row) =>
        JSON.stringify(row, (_key, value: unknown) =>
          value instanceof Uint8Array ? new TextDecoder('latin1').decode(value) : value,
        ),
      );
      expect(bytes.join()).not.toContain(apiKey.slice(0, -4));
    }
    const [entry] = await db.strict.keyRing.toArray();
    const wrap = entry?.wraps[0];
    expect(wrap?.kind === 'device' && wrap.wrappingKey.extractable).toBe(false);
  });

  test('is trimmed of what was pasted around it', async () => {
    const { apiKeys, add } = await openSettings();
    const endpoint = await add({ apiKey: ` Bearer "${apiKey}" ` });
    expect(await apiKeys.open(endpoint)).toBe(apiKey);
  });

  test.each([
    ['', 'endpoint/key-missing'],
    ['  ', 'endpoint/key-missing'],
    ['sk 1', 'endpoint/key-malformed'],
    ['열쇠', 'endpoint/key-malformed'],
  ])('of "%s" is refused and the older one stays', async (typed, code) => {
    const { apiKeys, add } = await openSettings();
    const endpoint = await add({ apiKey });
    await expect(apiKeys.save(endpoint, typed)).rejects.toMatchObject({ code });
    expect(await apiKeys.open(endpoint)).toBe(apiKey);
  });

  test('is undefined where there is none', async () => {
    const { apiKeys, add } = await openSettings();
    expect(await apiKeys.open(await add())).toBeUndefined();
  });

  test('is really gone after it was removed', async () => {
    const { db, apiKeys, add } = await openSettings();
    const endpoint = await add({ apiKey });
    await apiKeys.remove(endpoint.id);
    await apiKeys.remove(endpoint.id);
    expect(await db.strict.secrets.toArray()).toEqual([]);
    expect(await apiKeys.open(endpoint)).toBeUndefined();
  });

  test('is not stored for an endpoint that is gone', async () => {
    const { db, apiKeys, endpoints, add } = await openSettings();
    const endpoint = await add();
    await endpoints.remove(endpoint.id);
    await expect(apiKeys.save(endpoint, apiKey)).rejects.toMatchObject({
      code: 'provider/no-endpoint',
    });
    expect(await db.strict.secrets.toArray()).toEqual([]);
  });

  test('does not open for another origin, nor in another row', async () => {
    const { db, apiKeys, add } = await openSettings();
    const endpoint = await add({ apiKey });
    const other = await add();
    const moved = { ...endpoint, baseUrl: 'https://api.example.com:8443/v1' };
    await expect(apiKeys.open(moved)).rejects.toMatchObject(cannotOpen);
    const secret = await db.strict.secrets.get(endpoint.id);
    if (!secret) throw new Error('no secret');
    await db.strict.secrets.put({ ...secret, id: other.id });
    await expect(apiKeys.open(other)).rejects.toMatchObject(cannotOpen);
    expect(await apiKeys.open({ ...endpoint, baseUrl: 'https://api.example.com/v2' })).toBe(apiKey);
  });

  test('does not open when its data key is gone', async () => {
    const { db, apiKeys, add } = await openSettings();
    const endpoint = await add({ apiKey });
    await db.strict.keyRing.clear();
    await expect(apiKeys.open(endpoint)).rejects.toMatchObject(cannotOpen);
  });

  test('shows its last four characters, and nothing when it is short', async () => {
    const { apiKeys, add } = await openSettings();
    const long = await add({ apiKey: '1234567z' });
    const short = await add({ apiKey: '123456z' });
    const none = await add();
    const hints = await follow(apiKeys.watchHints()).until(({ size }) => size === 2);
    expect(hints.get(long.id)).toBe('567z');
    expect(hints.get(short.id)).toBe('');
    expect(hints.has(none.id)).toBe(false);
  });

  test('of two saved at once shares one data key with the other', async () => {
    const { db, apiKeys, add } = await openSettings();
    const [left, right] = [await add(), await add()];
    await Promise.all([apiKeys.save(left, 'left-key-1'), apiKeys.save(right, 'right-key-2')]);
    expect(await db.strict.keyRing.toArray()).toHaveLength(1);
    expect(await apiKeys.open(left)).toBe('left-key-1');
    expect(await apiKeys.open(right)).toBe('right-key-2');
  });
});

describe('rotation', () => {
  test('seals every key anew and leaves one data key', async () => {
    const { db, apiKeys, add } = await openSettings();
    const endpoints = [
      await add({ apiKey: 'key-number-1' }),
      await add({ apiKey: 'key-number-2' }),
    ];
    const before = await db.strict.secrets.toArray();
    const [oldEntry] = await db.strict.keyRing.toArray();
    await apiKeys.rotate();
    const after = await db.strict.secrets.toArray();
    const entries = await db.strict.keyRing.toArray();
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({ state: 'active' });
    expect(entries[0]?.id).not.toBe(oldEntry?.id);
    for (const [index, secret] of after.entries()) {
      expect(secret.sealed.keyId).toBe(entries[0]?.id);
      expect(secret.sealed.iv).not.toEqual(before[index]?.sealed.iv);
    }
    const opened = await Promise.all(endpoints.map((endpoint) => apiKeys.open(endpoint)));
    expect(opened).toEqual(['key-number-1', 'key-number-2']);
  });

  test('without any key leaves one fresh data key', async () => {
    const { db, apiKeys } = await openSettings();
    await apiKeys.rotate();
    await apiKeys.rotate();
    expect(await db.strict.keyRing.toArray()).toMatchObject([{ state: 'active' }]);
  });

  test('changes nothing when a key does not open', async () => {
    const { db, apiKeys, add } = await openSettings();
    await add({ apiKey });
    const damaged = await add({ apiKey });
    await db.strict.secrets.update(damaged.id, { origin: 'https://elsewhere.example' });
    const before = [await db.strict.secrets.toArray(), await db.strict.keyRing.toArray()];
    await expect(apiKeys.rotate()).rejects.toMatchObject({ code: 'vault/key-unreadable' });
    expect([await db.strict.secrets.toArray(), await db.strict.keyRing.toArray()]).toEqual(before);
  });

  test('changes nothing when a key changed meanwhile', async () => {
    const { db, apiKeys, add } = await openSettings();
    const endpoint = await add({ apiKey });
    const generateKey = crypto.subtle.generateKey.bind(crypto.subtle);
    // Between reading the secrets and writing them, another program removes one.
    const spy = vi.spyOn(crypto.subtle, 'generateKey').mockImplementation((async (
      ...parameters: Parameters<typeof generateKey>
    ) => {
      await apiKeys.remove(endpoint.id);
      return generateKey(...parameters);
    }) as typeof generateKey);
    const entries = await db.strict.keyRing.toArray();
    await expect(apiKeys.rotate()).rejects.toMatchObject({ code: 'db/failed', retryable: true });
    spy.mockRestore();
    expect(await db.strict.keyRing.toArray()).toEqual(entries);
    expect(await db.strict.secrets.toArray()).toEqual([]);
  });

  test('waits for a key that is being saved, and both open afterwards', async () => {
    const { apiKeys, add } = await openSettings();
    const endpoint = await add({ apiKey: 'the-older-key' });
    await Promise.all([
      apiKeys.rotate(),
      apiKeys.save(endpoint, 'the-newer-key'),
      apiKeys.rotate(),
    ]);
    expect(await apiKeys.open(endpoint)).toBe('the-newer-key');
  });
});
