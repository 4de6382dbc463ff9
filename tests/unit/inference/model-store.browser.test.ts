import { DOWNLOADS_CACHE } from '#domain/cache-names.ts';
import { afterEach, expect, inject, test } from 'vitest';
import { findModel } from '#inference/model-hub.ts';
import { downloadModel, listDownloads, openDownload } from '#inference/model-store.ts';

const hub = inject('modelHub');
const { signal } = new AbortController();
const coded = (code: string): Error => expect.objectContaining({ code }) as Error;
afterEach(() => caches.delete(DOWNLOADS_CACHE));

const find = (repository: string) => findModel(hub, repository, signal);
/** A repository that no other test asks for. */
const fresh = (owner: string): string => `${owner}/m-${crypto.randomUUID()}`;
const stored = async (repository: string) =>
  (await listDownloads()).find(({ plan }) => plan.repository === repository);

test('a hub says what a model is: its files, sizes and licence, at one commit', async () => {
  const plan = await find('tiny/some-model');
  expect(plan).toMatchObject({ dtype: 'q8', license: 'cc0-1.0', hub });
  expect(plan.revision).toMatch(/^[0-9a-f]{40}$/);
  expect(plan.files.map(({ name }) => name)).toEqual([
    'config.json',
    'tokenizer.json',
    'tokenizer_config.json',
    'onnx/model_quantized.onnx',
  ]);
});

test.each([
  ['does not exist', 'nobody/nothing', 'model/not-found'],
  ['writes text', 'writer/gpt', 'model/not-embedding'],
  ['has no ONNX files', 'bare/bert', 'model/not-embedding'],
  ['is a web page', 'page/page', 'model/damaged'],
])('a model that %s is refused before anything is downloaded', async (_name, repository, code) => {
  await expect(find(repository)).rejects.toThrow(coded(code));
  expect(await listDownloads()).toEqual([]);
});

test('a hub that cannot be reached is said so', async () => {
  await expect(findModel('http://127.0.0.1:9', 'tiny/x', signal)).rejects.toThrow(
    coded('model/unreachable'),
  );
});

test.each(['cut', 'whole'])(
  'what came before a download broke off counts, where the hub is of the kind %s',
  async (owner) => {
    const plan = await find(fresh(owner));
    const told: number[] = [];
    const download = () => downloadModel(plan, { signal, onBytes: (done) => told.push(done) });
    await expect(download()).rejects.toThrow(coded('model/unreachable'));
    const half = await stored(plan.repository);
    // Whole pieces of 4 MiB of the file of 9 MB, of which 60 % came.
    expect(half?.doneBytes).toBeGreaterThan(4 * 1024 * 1024);
    expect(half).toMatchObject({ isComplete: false });
    await expect(openDownload(plan.repository, plan.revision)).rejects.toThrow(
      coded('model/not-found'),
    );

    told.length = 0;
    await download();
    expect(told.find((done) => done > 1000)).toBeGreaterThan(4 * 1024 * 1024);
    const whole = await stored(plan.repository);
    expect(whole).toMatchObject({ isComplete: true, doneBytes: whole?.totalBytes });
    const files = await openDownload(plan.repository, plan.revision);
    const bytes = (await (await files.read('tokenizer.json'))?.arrayBuffer()) ?? new ArrayBuffer(0);
    expect(bytes.byteLength).toBe(9_000_000);
    const tokenizer: unknown = JSON.parse(new TextDecoder().decode(bytes));
    expect(tokenizer).toMatchObject({ model: { type: 'WordPiece' } });
    expect(await files.read('no-such-file')).toBeUndefined();
  },
);

test('a download that is stopped keeps its pieces, and goes on from them', async () => {
  const plan = await find(fresh('slow'));
  const stop = new AbortController();
  const stopped = downloadModel(plan, {
    signal: stop.signal,
    onBytes: (done) => {
      if (done > 5_000_000) stop.abort();
    },
  });
  await expect(stopped).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }) as Error);
  expect((await stored(plan.repository))?.doneBytes).toBeGreaterThan(4 * 1024 * 1024);
  await downloadModel(plan, { signal, onBytes: () => undefined });
  expect(await stored(plan.repository)).toMatchObject({ isComplete: true });
});

test('bytes that are not those the hub named are thrown away', async () => {
  const plan = await find(fresh('altered'));
  await expect(downloadModel(plan, { signal, onBytes: () => undefined })).rejects.toThrow(
    coded('model/damaged'),
  );
  expect(await listDownloads()).toEqual([]);
});

test('a cache without room says so, makes room for other things, and goes on later', async () => {
  const plan = await find(fresh('big'));
  let left = 4;
  // The one thing a test of this kind cannot bring about: a quota. What the browser does then is this.
  const { put } = Object.getOwnPropertyDescriptors(Cache.prototype);
  const store: unknown = put.value;
  Cache.prototype.put = function (...given) {
    if (left-- > 0) return Reflect.apply(store as Cache['put'], this, given);
    return Promise.reject(new DOMException('no room', 'QuotaExceededError'));
  };
  try {
    await expect(downloadModel(plan, { signal, onBytes: () => undefined })).rejects.toThrow(
      coded('model/no-room'),
    );
  } finally {
    Object.defineProperty(Cache.prototype, 'put', put);
  }
  // Two pieces are given back: conversations need room more than a model does.
  const [config] = plan.files;
  expect((await stored(plan.repository))?.doneBytes).toBe(config?.sizeBytes);
  await downloadModel(plan, { signal, onBytes: () => undefined });
  expect(await stored(plan.repository)).toMatchObject({ isComplete: true });
});
