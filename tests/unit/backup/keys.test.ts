import { describe, expect, test } from 'vitest';
import { getBackupTarget, noteBackupSuccess } from '#db/backup-targets.ts';
import { createEndpoint } from '#domain/endpoint.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { toEndpointId } from '#domain/ids.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { createApiKeys } from '#settings/api-keys.ts';
import { createTestClock, createTestIds } from '../db/fresh-database.ts';
import {
  NOW,
  addWhole,
  backUp,
  gzip,
  openHome,
  problemCounts,
  readObject,
  restore,
  verify,
  wholeConversation,
} from './support.ts';
import type { Home } from './support.ts';

const MARKER = 'sk-marker-5f2a9c71e0b34d';

const keysOf = ({ db }: Home) =>
  createApiKeys({ db, clock: createTestClock(), createId: createTestIds() });

/** A home with one endpoint that holds the marker as its key. */
async function homeWithKey(): Promise<{ home: Home; endpoint: Endpoint }> {
  const home = await openHome();
  await addWhole(home.db, wholeConversation('c', 3));
  const endpoint = createEndpoint({
    id: toEndpointId('mine'),
    presetId: 'custom',
    name: 'Mine',
    baseUrl: 'https://mine.example/v1',
    createdAt: NOW,
  });
  await home.db.strict.endpoints.add(endpoint);
  await keysOf(home).save(endpoint, MARKER);
  return { home, endpoint };
}

async function plainBytes(file: Blob): Promise<string> {
  const plain = file.stream().pipeThrough(new DecompressionStream('gzip'));
  return new Response(plain).text();
}

describe('a key', () => {
  test('keeps its connection, and a copy without it is not said to hold everything', async () => {
    const { home, endpoint } = await homeWithKey();
    await home.db.strict.endpoints.delete(endpoint.id);
    const file = await backUp(home.db);
    await home.db.strict.endpoints.add(endpoint);
    const sizeBytes = file.size;
    await noteBackupSuccess(home.db, 'download', {
      at: NOW,
      fileName: file.name,
      sizeBytes,
      holds: 'before',
    });
    const { db } = await restore(home, file);
    expect(await db.strict.endpoints.get(endpoint.id)).toBeDefined();
    expect((await getBackupTarget(db, 'download')).holds).toBe('before');
  });

  test('is in no byte of a backup, sealed or not', async () => {
    const { home } = await homeWithKey();
    const text = await plainBytes(await backUp(home.db));
    const [secret] = await home.db.strict.secrets.toArray();
    if (!secret) throw new Error('no secret');
    const base64 = btoa(String.fromCharCode(...secret.sealed.ciphertext));
    const hex = [...secret.sealed.ciphertext].map((byte) => byte.toString(16)).join('');
    for (const trace of [
      MARKER,
      btoa(MARKER),
      base64,
      hex,
      secret.lastFour,
      'ciphertext',
      'wrap',
    ]) {
      expect(text, trace).not.toContain(trace);
    }
    expect(text).toContain('https://mine.example/v1');
  });

  test('goes on working after a replacement by the same connection', async () => {
    const { home, endpoint } = await homeWithKey();
    const { db, staged } = await restore(home, await backUp(home.db));
    expect(await keysOf({ ...home, db }).open(endpoint)).toBe(MARKER);
    expect(staged.preview.summary.problems).toEqual([]);
  });

  test('keeps its connection when the file does not have it', async () => {
    const { home, endpoint } = await homeWithKey();
    const other = await openHome();
    await addWhole(other.db, wholeConversation('c', 1));
    const { db, staged } = await restore(home, await backUp(other.db));
    expect(problemCounts(staged.preview.summary)).toEqual({ endpoints_kept: 1 });
    expect(await db.strict.endpoints.toArray()).toEqual([endpoint]);
    expect(await keysOf({ ...home, db }).open(endpoint)).toBe(MARKER);
  });

  test.each(['replace', 'merge'] as const)(
    'is never sent elsewhere by a file that moves its connection (%s)',
    async (mode) => {
      const { home, endpoint } = await homeWithKey();
      const object = await readObject(await backUp(home.db));
      const moved = (object['endpoints'] as Record<string, unknown>[]).map((row) => ({
        ...row,
        base_url: 'https://evil.example/v1',
        updated_at: '2033-01-01T00:00:00.000+00:00',
      }));
      const file = await gzip({ ...object, endpoints: moved });
      const { db, staged } = await restore(home, file, { mode });
      expect(await db.strict.endpoints.toArray()).toEqual([endpoint]);
      expect(await keysOf({ ...home, db }).open(endpoint)).toBe(MARKER);
      expect(problemCounts(staged.preview.summary)).toMatchObject({ endpoint_redirected: 1 });
    },
  );

  test.each(['replace', 'merge'] as const)(
    'is told of when a file would have new conversations sent elsewhere (%s)',
    async (mode) => {
      const { home, endpoint } = await homeWithKey();
      const meaning = { isPaused: true, isHintShown: false };
      const settings = {
        ...createUserSettings('en', NOW),
        defaultEndpointId: endpoint.id,
        meaning,
      };
      await home.db.strict.userSettings.put(settings);
      const object = await readObject(await backUp(home.db));
      const [row] = object['endpoints'] as Record<string, unknown>[];
      const file = await gzip({
        ...object,
        endpoints: [row, { ...row, endpoint_id: 'evil', base_url: 'https://evil.example/v1' }],
        user_settings: (object['user_settings'] as object[]).map((one) => ({
          ...one,
          updated_at: '2033-01-01T00:00:00.000+00:00',
        })),
        user_settings_extra: (object['user_settings_extra'] as object[]).map((one) => ({
          ...one,
          default_endpoint_id: 'evil',
        })),
      });
      const { db, staged } = await restore(home, file, { mode });
      expect(staged.preview.summary.problems).toContainEqual(
        expect.objectContaining({
          code: 'default_endpoint_changed',
          examples: ['https://evil.example'],
        }),
      );
      // What is of this device stays of this device.
      expect(await db.strict.userSettings.toArray()).toMatchObject([
        { defaultEndpointId: 'evil', meaning },
      ]);
      const same = await restore(home, await backUp(home.db), { mode });
      expect(same.staged.preview.summary.problems).toEqual([]);
    },
  );

  test.each([
    ['moves', [{ base_url: 'https://evil.example/v1' }]],
    ['does not have', []],
  ])(
    'stays where new conversations are sent when the file %s its connection',
    async (_what, changes) => {
      const { home, endpoint } = await homeWithKey();
      await home.db.strict.userSettings.put({
        ...createUserSettings('en', NOW),
        defaultEndpointId: endpoint.id,
      });
      const object = await readObject(await backUp(home.db));
      const [row] = object['endpoints'] as Record<string, unknown>[];
      const file = await gzip({
        ...object,
        endpoints: changes.map((change) => ({ ...row, ...change })),
      });
      const { db, staged } = await restore(home, file);
      expect(problemCounts(staged.preview.summary)).not.toHaveProperty('default_endpoint_changed');
      expect(await db.strict.endpoints.toArray()).toEqual([endpoint]);
    },
  );

  test('in a file is ignored and reported, not read', async () => {
    const { home } = await homeWithKey();
    const object = await readObject(await backUp(home.db));
    const planted = 'sk-planted-000111222';
    const file = await gzip({
      ...object,
      api_keys: { openai: planted },
      api_keys_encrypted: planted,
      secrets: [{ id: 'mine', key: planted }],
      key_ring: [{ id: planted }],
      endpoints: (object['endpoints'] as Record<string, unknown>[]).map((row) => ({
        ...row,
        apiKey: planted,
        api_key: planted,
      })),
    });
    const summary = await verify(file);
    expect(problemCounts(summary)).toMatchObject({ keys_ignored: 6 });
    expect(JSON.stringify(summary)).not.toContain(planted);
    const { db } = await restore(home, file);
    for (const table of db.strict.tables) {
      expect(JSON.stringify(await table.toArray()), table.name).not.toContain(planted);
    }
    expect(await db.strict.secrets.toArray()).toHaveLength(1);
  });
});
