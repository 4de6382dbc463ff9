import { describe, expect, test } from 'vitest';
import { createApiKeys } from '#settings/api-keys.ts';
import { createEndpoints } from '#settings/endpoints.ts';
import type { EndpointFields } from '#settings/endpoints.ts';
import { toEndpointId } from '#domain/ids.ts';
import { createTestClock, createTestIds, follow, openForTest } from '../db/fresh-database.ts';

const fields: EndpointFields = {
  presetId: 'openai',
  name: 'OpenAI',
  baseUrl: 'https://api.openai.com/v1',
  chatModels: [],
};

async function openEndpoints() {
  const db = await openForTest();
  const clock = createTestClock();
  const deps = { db, clock, createId: createTestIds() };
  const apiKeys = createApiKeys(deps);
  return { db, clock, apiKeys, endpoints: createEndpoints({ ...deps, apiKeys }) };
}

describe('adding', () => {
  test('stores the endpoint with its key and its models', async () => {
    const { db, clock, apiKeys, endpoints } = await openEndpoints();
    const added = await endpoints.add({
      ...fields,
      baseUrl: ' https://api.openai.com/v1/ ',
      chatModels: [{ id: 'gpt' }],
      apiKey: 'sk-0123456789',
    });
    expect(added).toMatchObject({
      presetId: 'openai',
      name: 'OpenAI',
      baseUrl: 'https://api.openai.com/v1',
      chatModels: [{ id: 'gpt' }],
      chatModelsAt: clock.now,
    });
    expect(await db.strict.endpoints.toArray()).toEqual([added]);
    expect(JSON.stringify(added)).not.toContain('0123456789');
    expect(await apiKeys.open(added)).toBe('sk-0123456789');
  });

  test('without models and with an empty key stores neither', async () => {
    const { db, endpoints } = await openEndpoints();
    const added = await endpoints.add({ ...fields, apiKey: ' ' });
    expect(added.chatModelsAt).toBeNull();
    expect(await db.strict.secrets.toArray()).toEqual([]);
  });

  test('numbers a name that is taken', async () => {
    const { endpoints } = await openEndpoints();
    const names = [];
    for (const name of ['OpenAI', 'OpenAI', 'OpenAI', 'OpenAI 2']) {
      names.push((await endpoints.add({ ...fields, name })).name);
    }
    expect(names).toEqual(['OpenAI', 'OpenAI 2', 'OpenAI 3', 'OpenAI 2 2']);
  });

  test.each([
    [{ baseUrl: 'api.openai.com/v1' }, 'endpoint/address-no-scheme'],
    [{ baseUrl: 'http://api.openai.com/v1' }, 'endpoint/address-insecure'],
    [{ apiKey: 'two words' }, 'endpoint/key-malformed'],
  ])('with %j stores nothing', async (changes, code) => {
    const { db, endpoints } = await openEndpoints();
    await expect(endpoints.add({ ...fields, ...changes })).rejects.toMatchObject({ code });
    expect(await db.strict.endpoints.toArray()).toEqual([]);
    expect(await db.strict.secrets.toArray()).toEqual([]);
  });
});

describe('changing', () => {
  test('keeps the key under the same origin and drops it for another', async () => {
    const { db, apiKeys, endpoints } = await openEndpoints();
    const { id } = await endpoints.add({ ...fields, apiKey: 'sk-0123456789' });
    const samePlace = await endpoints.update(id, { baseUrl: 'https://api.openai.com/v2/' });
    expect(samePlace.baseUrl).toBe('https://api.openai.com/v2');
    expect(await apiKeys.open(samePlace)).toBe('sk-0123456789');
    const moved = await endpoints.update(id, { baseUrl: 'https://api.openai.com.evil.example/v1' });
    expect(await db.strict.secrets.toArray()).toEqual([]);
    expect(await apiKeys.open(moved)).toBeUndefined();
  });

  test('changes what is named, and the time', async () => {
    const { clock, endpoints } = await openEndpoints();
    const added = await endpoints.add(fields);
    clock.now += 5;
    const changed = await endpoints.update(added.id, { refusesStreamOptions: true });
    expect(changed).toEqual({ ...added, refusesStreamOptions: true, updatedAt: clock.now });
    expect(await endpoints.get(added.id)).toEqual(changed);
  });

  test('keeps its own name and numbers one that another has', async () => {
    const { endpoints } = await openEndpoints();
    const first = await endpoints.add(fields);
    const other = await endpoints.add({ ...fields, name: 'Other' });
    expect((await endpoints.update(first.id, { name: 'OpenAI' })).name).toBe('OpenAI');
    expect((await endpoints.update(other.id, { name: 'OpenAI' })).name).toBe('OpenAI 2');
  });

  test('refuses a bad address and leaves the row', async () => {
    const { endpoints } = await openEndpoints();
    const added = await endpoints.add(fields);
    await expect(endpoints.update(added.id, { baseUrl: 'ftp://x' })).rejects.toMatchObject({
      code: 'endpoint/address-invalid',
    });
    expect(await endpoints.get(added.id)).toEqual(added);
  });
});

describe('removing', () => {
  test('takes the key along and can be undone, without the key', async () => {
    const { db, endpoints } = await openEndpoints();
    const added = await endpoints.add({ ...fields, apiKey: 'sk-0123456789' });
    const undo = await endpoints.remove(added.id);
    expect(await endpoints.get(added.id)).toBeUndefined();
    expect(await db.strict.secrets.toArray()).toEqual([]);
    await undo();
    expect(await endpoints.get(added.id)).toEqual(added);
    expect(await db.strict.secrets.toArray()).toEqual([]);
  });

  test('says when there is nothing to remove or change', async () => {
    const { endpoints } = await openEndpoints();
    const id = toEndpointId('gone');
    const gone = { code: 'provider/no-endpoint' };
    await expect(endpoints.remove(id)).rejects.toMatchObject(gone);
    await expect(endpoints.update(id, { name: 'x' })).rejects.toMatchObject(gone);
  });
});

test('watching gives all, oldest first', async () => {
  const { clock, endpoints } = await openEndpoints();
  const list = follow(endpoints.watch());
  await list.until((rows) => rows.length === 0);
  clock.now = 20;
  await endpoints.add({ ...fields, name: 'young' });
  clock.now = 10;
  await endpoints.add({ ...fields, name: 'old' });
  const rows = await list.until(({ length }) => length === 2);
  expect(rows.map(({ name }) => name)).toEqual(['old', 'young']);
});
