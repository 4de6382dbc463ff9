import { describe, expect, test } from 'vitest';
import type { Endpoint } from '#domain/endpoint.ts';
import type { KeyId } from '#domain/ids.ts';
import type { KeyRingEntry, Secret } from '#domain/secret.ts';
import { createApiKeys } from '#settings/api-keys.ts';
import { createKeyLock } from '#settings/key-lock.ts';
import { openValue } from '#vault/seal.ts';
import { keyFromSecret, requireWrap, unwrapDataKey, withoutExport } from '#vault/locked-keys.ts';
import stored from '../../fixtures/lock/v1.json';
import { revive } from '../db/fixtures.ts';
import { createTestClock, openForTest } from '../db/fresh-database.ts';

/**
 * [Note: Stored lock] `tests/fixtures/lock/v1.json` is a lock as it lies on disks since version 1: one data key
 * with three wraps, and an API key that is sealed with it. It was not made by the code of the app but with
 * node:crypto (AES-256-GCM, HKDF) and @noble/hashes (Argon2id), from what SECURITY 3 says. Code that cannot open it
 * any more locks everybody out: it must never be made anew.
 */
const API_KEY = 'sk-stored-옹기-0123456789';
/** As it was typed: full-width letters, a ligature, a digit in a circle. What was hashed is its NFKC. */
const PASSPHRASE = 'Ｏｎｇｇｉ ﬁre 옹기 ①';
const CODE = '7GQ2M-X0V9T-4KBND-1HSZ5-RW8PC';
/** What the passkey gave. */
const PASSKEY_OUTPUT = new Uint8Array(32).fill(0xa1);

interface StoredLock {
  readonly keyRing: readonly [KeyRingEntry];
  readonly secrets: readonly [Secret];
  readonly endpoints: readonly [Endpoint];
}
const readStored = async () => (await revive(stored)) as StoredLock;

/** A page over a database with the stored lock. */
async function openStored() {
  const { keyRing, secrets, endpoints } = await readStored();
  const db = await openForTest();
  await db.strict.keyRing.bulkAdd(keyRing);
  await db.strict.secrets.bulkAdd(secrets);
  await db.strict.endpoints.bulkAdd(endpoints);
  const unlocked = new Map<KeyId, CryptoKey>();
  const deps = { db, clock: createTestClock(), createId: () => crypto.randomUUID(), unlocked };
  const apiKeys = createApiKeys(deps);
  return { apiKeys, lock: createKeyLock({ ...deps, apiKeys }), endpoint: endpoints[0] };
}

describe('a lock that was stored long ago', () => {
  test.each([
    ['the passphrase', PASSPHRASE],
    ['the passphrase, its letters taken apart', PASSPHRASE.normalize('NFD')],
    ['the passphrase, typed plainly', 'Onggi fire 옹기 1'],
    ['the recovery code', CODE],
    ['the recovery code, typed as people do', ` ${CODE.toLowerCase().replaceAll('-', ' ')} `],
  ])('opens with %s, and gives the API key', async (_name, text) => {
    const { apiKeys, lock, endpoint } = await openStored();
    await expect(apiKeys.open(endpoint)).rejects.toMatchObject({ code: 'vault/locked' });
    await lock.unlock({ kind: 'typed', text });
    expect(await apiKeys.open(endpoint)).toBe(API_KEY);
  });

  test.each([
    ['another passphrase', 'Onggi fire 옹기 2'],
    ['another code', CODE.replace('7GQ2M', '7GQ2N')],
  ])('does not open with %s', async (_name, text) => {
    const { lock } = await openStored();
    await expect(lock.unlock({ kind: 'typed', text })).rejects.toMatchObject({
      code: 'vault/cannot-open',
    });
  });

  test('opens with what its passkey gives', async () => {
    const { keyRing, secrets } = await readStored();
    const [entry] = keyRing;
    const [{ id, origin, sealed }] = secrets;
    const wrap = requireWrap(entry, 'passkey');
    const kek = await keyFromSecret(PASSKEY_OUTPUT, wrap.salt, 'passkey');
    const dataKey = await withoutExport(await unwrapDataKey(entry.id, wrap, kek, true));
    const context = { table: 'secrets', recordId: id, field: 'apiKey', origin };
    expect(await openValue(dataKey, sealed, context)).toBe(API_KEY);
  });
});
