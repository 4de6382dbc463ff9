import { describe, expect, test } from 'vitest';
import { toKeyId } from '#domain/ids.ts';
import {
  createBareEntry,
  createRecoveryCode,
  createSalt,
  isWeaker,
  keyFromPassphrase,
  keyFromSecret,
  readDerivation,
  readRecoveryCode,
  strongestDerivation,
  unwrapDataKey,
  wrapDataKey,
} from '#vault/locked-keys.ts';
import type { PassphraseDerivation } from '#vault/locked-keys.ts';

/** As Argon2id, but quick. */
const LIGHT: PassphraseDerivation = {
  name: 'Argon2id',
  memoryKib: 64,
  iterations: 1,
  parallelism: 1,
};
const SALT = new Uint8Array(16);

async function wrapWith(kek: CryptoKey) {
  const { entry, dataKey } = await createBareEntry({ createId: () => 'id', clock: () => 0 });
  const wrap = await wrapDataKey(entry.id, dataKey, kek, {
    kind: 'passphrase',
    derivation: {},
    salt: SALT,
  });
  return { entry, wrap };
}

describe('a passphrase', () => {
  test.each([
    ['one character', 'a'],
    ['ten thousand', '옹'.repeat(10_000)],
    ['emoji and spaces', '  독 🏺 항아리  '],
  ])('of %s opens what it closed, and another does not', async (_name, passphrase) => {
    const { entry, wrap } = await wrapWith(await keyFromPassphrase(passphrase, SALT, LIGHT));
    const right = await keyFromPassphrase(passphrase, SALT, LIGHT);
    expect((await unwrapDataKey(entry.id, wrap, right, false)).extractable).toBe(false);
    for (const wrong of [
      await keyFromPassphrase(`${passphrase} `, SALT, LIGHT),
      await keyFromPassphrase(passphrase, createSalt(), LIGHT),
      await keyFromPassphrase(passphrase, SALT, { ...LIGHT, iterations: 2 }),
    ]) {
      await expect(unwrapDataKey(entry.id, wrap, wrong, false)).rejects.toMatchObject({
        code: 'vault/cannot-open',
      });
    }
    await expect(unwrapDataKey(toKeyId('other'), wrap, right, false)).rejects.toMatchObject({
      code: 'vault/cannot-open',
    });
  });

  test('is the same however its letters are put together', async () => {
    const composed = '한글 é'.normalize('NFC');
    const { entry, wrap } = await wrapWith(await keyFromPassphrase(composed, SALT, LIGHT));
    const key = await keyFromPassphrase(composed.normalize('NFD'), SALT, LIGHT);
    await expect(unwrapDataKey(entry.id, wrap, key, false)).resolves.toBeDefined();
  });

  test('works without WebAssembly, with PBKDF2', async () => {
    const derivation = strongestDerivation(false);
    expect(derivation).toEqual({ name: 'PBKDF2-SHA-256', iterations: 600_000 });
    const { entry, wrap } = await wrapWith(
      await keyFromPassphrase('correct horse', SALT, derivation),
    );
    const key = await keyFromPassphrase('correct horse', SALT, derivation);
    await expect(unwrapDataKey(entry.id, wrap, key, false)).resolves.toBeDefined();
  });
});

test("today's figures are 64 MiB and three passes, and weaker ones are raised", () => {
  const today = strongestDerivation();
  expect(today).toEqual({ name: 'Argon2id', memoryKib: 65_536, iterations: 3, parallelism: 1 });
  expect(isWeaker(today)).toBe(false);
  expect(isWeaker(LIGHT)).toBe(true);
  expect(isWeaker(strongestDerivation(false))).toBe(true);
  expect(isWeaker(today, strongestDerivation(false))).toBe(false);
});

test.each([
  [{ ...LIGHT }, true],
  [{ name: 'PBKDF2-SHA-256', iterations: 600_000 }, true],
  [{ ...LIGHT, memoryKib: 1e12 }, false],
  [{ ...LIGHT, iterations: 0 }, false],
  [{ ...LIGHT, parallelism: '1' }, false],
  [{ name: 'scrypt', iterations: 1 }, false],
  [{}, false],
])('reads a stored derivation %#', (stored, isKnown) => {
  expect(readDerivation(stored) !== undefined).toBe(isKnown);
});

describe('a recovery code', () => {
  test('is read as people type it, and opens what it closed', async () => {
    const code = createRecoveryCode();
    expect(code).toMatch(/^([0-9A-Z]{5}-){4}[0-9A-Z]{5}$/);
    expect(createRecoveryCode()).not.toBe(code);
    const secret = readRecoveryCode(code);
    if (!secret) throw new Error('unreadable');
    const { entry, wrap } = await wrapWith(await keyFromSecret(secret, SALT, 'recovery'));
    const sloppy = readRecoveryCode(
      ` ${code.toLowerCase().replace(/-/g, ' ').replace(/0/g, 'o')} `,
    );
    if (!sloppy) throw new Error('unreadable');
    const key = await keyFromSecret(sloppy, SALT, 'recovery');
    await expect(unwrapDataKey(entry.id, wrap, key, false)).resolves.toBeDefined();
    const passkey = await keyFromSecret(sloppy, SALT, 'passkey');
    await expect(unwrapDataKey(entry.id, wrap, passkey, false)).rejects.toMatchObject({
      code: 'vault/cannot-open',
    });
  });

  test.each(['', 'a passphrase', '옹기', '0'.repeat(24), '0'.repeat(26), 'U'.repeat(25)])(
    'is not %j',
    (typed) => expect(readRecoveryCode(typed)).toBeUndefined(),
  );
});
