import { describe, expect, test } from 'vitest';
import { getActiveKeyRingEntry } from '#db/key-ring.ts';
import { replaceWrap } from '#db/key-rotation.ts';
import type { KeyId } from '#domain/ids.ts';
import { isLockEntry } from '#domain/secret.ts';
import { createApiKeys } from '#settings/api-keys.ts';
import { createEndpoints } from '#settings/endpoints.ts';
import { createKeyLock } from '#settings/key-lock.ts';
import { createSalt, keyFromPassphrase, unwrapDataKey, wrapDataKey } from '#vault/locked-keys.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';

const API_KEY = 'sk-marker-0123456789abcd';
const PASSPHRASE = '옹기 항아리 열쇠';
const cannotOpen = { code: 'vault/cannot-open' };
const locked = { code: 'vault/locked' };
const typed = (text: string) => ({ kind: 'typed', text }) as const;

async function openLock() {
  const db = await openForTest();
  const makers = { db, clock: createTestClock(), createId: () => crypto.randomUUID() };
  /** What one page has in memory. */
  const openPage = () => {
    const unlocked = new Map<KeyId, CryptoKey>();
    const apiKeys = createApiKeys({ ...makers, unlocked });
    return { apiKeys, unlocked, lock: createKeyLock({ ...makers, apiKeys, unlocked }) };
  };
  const page = openPage();
  const endpoints = createEndpoints({ ...makers, apiKeys: page.apiKeys });
  const endpoint = await endpoints.add({
    presetId: 'custom',
    name: 'Mine',
    baseUrl: 'https://api.example.com/v1',
    chatModels: [],
    apiKey: API_KEY,
  });
  return { db, endpoint, openPage, ...page };
}

describe('a lock with a passphrase', () => {
  test('keeps the keys, asks every page, and opens with passphrase and recovery code', async () => {
    const { db, endpoint, openPage, apiKeys, lock } = await openLock();
    const before = await getActiveKeyRingEntry(db);
    const code = await lock.set({ passphrase: PASSPHRASE });
    expect(await apiKeys.open(endpoint)).toBe(API_KEY);
    const entry = await getActiveKeyRingEntry(db);
    // A new data key, not a new wrap of the old one, which lies open in old files of the browser.
    expect(entry?.id).not.toBe(before?.id);
    expect(entry && isLockEntry(entry)).toBe(true);
    expect(await db.strict.keyRing.toArray()).toHaveLength(1);

    const second = openPage();
    expect(await second.lock.readState()).toEqual({
      isSet: true,
      hasPassphrase: true,
      hasPasskey: false,
    });
    await expect(second.apiKeys.open(endpoint)).rejects.toMatchObject(locked);
    await expect(second.apiKeys.rotate()).rejects.toMatchObject(locked);
    await expect(second.lock.unlock(typed('wrong passphrase'))).rejects.toMatchObject(cannotOpen);
    await second.lock.unlock(typed(PASSPHRASE));
    expect(await second.apiKeys.open(endpoint)).toBe(API_KEY);
    expect([...second.unlocked.values()].map(({ extractable }) => extractable)).toEqual([false]);

    const third = openPage();
    await third.lock.unlock(typed(code.toLowerCase()));
    expect(await third.apiKeys.open(endpoint)).toBe(API_KEY);
  });

  test('can be changed, renewed and removed without typing a key again', async () => {
    const { db, endpoint, openPage, apiKeys, lock } = await openLock();
    const code = await lock.set({ passphrase: PASSPHRASE });
    await lock.changePassphrase(typed(code), 'another passphrase');
    const newCode = await lock.renewCode(typed('another passphrase'));
    await expect(openPage().lock.unlock(typed(PASSPHRASE))).rejects.toMatchObject(cannotOpen);
    await expect(openPage().lock.unlock(typed(code))).rejects.toMatchObject(cannotOpen);
    const page = openPage();
    await page.lock.remove(typed(newCode));
    expect((await page.lock.readState()).isSet).toBe(false);
    expect(await openPage().apiKeys.open(endpoint)).toBe(API_KEY);
    expect(await apiKeys.open(endpoint)).toBe(API_KEY);
    expect(await db.strict.keyRing.toArray()).toHaveLength(1);
  });

  test('raises the figures of an older derivation when it is opened', async () => {
    const { db, endpoint, openPage, lock } = await openLock();
    const code = await lock.set({ passphrase: PASSPHRASE });
    const entry = await getActiveKeyRingEntry(db);
    const passphrase = entry?.wraps.find(({ kind }) => kind === 'passphrase');
    if (!entry || passphrase?.kind !== 'passphrase') throw new Error('no wraps');
    const current = await keyFromPassphrase(PASSPHRASE, passphrase.salt, {
      name: 'Argon2id',
      memoryKib: 65_536,
      iterations: 3,
      parallelism: 1,
    });
    const dataKey = await unwrapDataKey(entry.id, passphrase, current, true);
    const salt = createSalt();
    const weak = { name: 'PBKDF2-SHA-256', iterations: 1000 } as const;
    const kek = await keyFromPassphrase(PASSPHRASE, salt, weak);
    const old = await wrapDataKey(entry.id, dataKey, kek, {
      kind: 'passphrase',
      salt,
      derivation: weak,
    });
    const change = { kind: 'passphrase', before: passphrase, after: old } as const;
    await replaceWrap(db, entry.id, change);

    await openPage().lock.unlock(typed(PASSPHRASE));
    const raised = (await getActiveKeyRingEntry(db))?.wraps.find(
      ({ kind }) => kind === 'passphrase',
    );
    expect(raised).toMatchObject({ derivation: { name: 'Argon2id', memoryKib: 65_536 } });
    const page = openPage();
    await page.lock.unlock(typed(PASSPHRASE));
    expect(await page.apiKeys.open(endpoint)).toBe(API_KEY);
    await openPage().lock.unlock(typed(code));
  });

  test('is known not to fit on a full disk before a passphrase is worked on', async () => {
    const { db, lock } = await openLock();
    await lock.set({ passphrase: PASSPHRASE });
    db.strict.keyRing.hook('updating', () => {
      throw new DOMException('no room', 'QuotaExceededError');
    });
    // That it is wrong would be known only afterwards.
    const wrong = typed('wrong passphrase');
    for (const work of [
      lock.changePassphrase(wrong, 'another passphrase'),
      lock.renewCode(wrong),
      lock.remove(wrong),
    ]) {
      await expect(work).rejects.toMatchObject({ code: 'db/quota' });
    }
    await expect(lock.unlock(wrong)).rejects.toMatchObject(cannotOpen);
  });

  test('that two tabs change at once keeps what each of them said', async () => {
    const { openPage, lock } = await openLock();
    const code = await lock.set({ passphrase: PASSPHRASE });
    const [one, other] = [openPage().lock, openPage().lock];
    // Both read the lock before either writes: the way of each is changed, and no other.
    const [renewed] = await Promise.all([
      one.renewCode(typed(PASSPHRASE)),
      other.changePassphrase(typed(PASSPHRASE), 'another passphrase'),
    ]);
    await openPage().lock.unlock(typed(renewed));
    await openPage().lock.unlock(typed('another passphrase'));
    for (const old of [code, PASSPHRASE]) {
      await expect(openPage().lock.unlock(typed(old))).rejects.toMatchObject(cannotOpen);
    }

    // Of two that change the same way one is told that it did not work.
    const both = await Promise.allSettled([
      one.renewCode(typed(renewed)),
      other.renewCode(typed(renewed)),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'db/failed', retryable: true },
    });
  });

  test('is one lock when two tabs set it at once', async () => {
    const { db, openPage } = await openLock();
    const both = await Promise.allSettled([
      openPage().lock.set({ passphrase: PASSPHRASE }),
      openPage().lock.set({ passphrase: 'another passphrase' }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await db.strict.keyRing.toArray()).toMatchObject([{ state: 'active' }]);
  });

  test('of ten thousand characters opens with all of them', async () => {
    const { openPage, lock } = await openLock();
    const passphrase = '옹'.repeat(9999);
    await lock.set({ passphrase: `${passphrase}기` });
    await openPage().lock.unlock(typed(`${passphrase}기`));
    await expect(openPage().lock.unlock(typed(`${passphrase}긱`))).rejects.toMatchObject(
      cannotOpen,
    );
  });

  test('says of a damaged key that it is damaged, not that the passphrase is wrong', async () => {
    const { db, endpoint, openPage, lock } = await openLock();
    await lock.set({ passphrase: PASSPHRASE });
    await db.strict.secrets.update(endpoint.id, { origin: 'https://elsewhere.example' });
    await expect(openPage().lock.remove(typed(PASSPHRASE))).rejects.toMatchObject({
      code: 'vault/key-unreadable',
    });
    await expect(openPage().lock.remove(typed('wrong'))).rejects.toMatchObject(cannotOpen);
  });

  test.each([
    ['seven characters', '1234567', 'vault/too-short'],
    ['one', 'x', 'vault/too-short'],
    ['more than ten thousand', 'x'.repeat(10_001), 'vault/too-long'],
  ])('refuses %s and changes nothing', async (_name, passphrase, code) => {
    const { endpoint, apiKeys, lock } = await openLock();
    await expect(lock.set({ passphrase })).rejects.toMatchObject({ code });
    expect((await lock.readState()).isSet).toBe(false);
    expect(await apiKeys.open(endpoint)).toBe(API_KEY);
  });

  test('gives up the keys and nothing else', async () => {
    const { db, endpoint, openPage, lock } = await openLock();
    await lock.set({ passphrase: PASSPHRASE });
    const page = openPage();
    await page.lock.giveUp();
    expect((await page.lock.readState()).isSet).toBe(false);
    expect(await page.apiKeys.open(endpoint)).toBeUndefined();
    expect(await db.strict.endpoints.toArray()).toHaveLength(1);
    await page.apiKeys.save(endpoint, API_KEY);
    expect(await page.apiKeys.open(endpoint)).toBe(API_KEY);
  });

  test('stands in no table in clear, neither key nor data key nor code', async () => {
    const { db, lock } = await openLock();
    const code = await lock.set({ passphrase: PASSPHRASE });
    for (const table of db.strict.tables) {
      const text = JSON.stringify(await table.toArray(), (_key, value: unknown) =>
        value instanceof Uint8Array ? new TextDecoder('latin1').decode(value) : value,
      );
      for (const secret of [API_KEY.slice(0, -4), PASSPHRASE, code, code.replace(/-/g, '')]) {
        expect(text).not.toContain(secret);
      }
      expect(text).not.toContain('"device"');
    }
  });
});
