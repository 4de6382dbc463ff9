import { expect, onTestFinished, test, vi } from 'vitest';
import { turnLogIfRoom } from '#db/turn-log.ts';

/** Has the files fail as on a disk that is full to the last byte, or as damaged ones do. */
function failFiles(error: DOMException): void {
  const files = vi.spyOn(FileSystemFileHandle.prototype, 'createWritable').mockRejectedValue(error);
  onTestFinished(() => files.mockRestore());
}

function failCache(): void {
  const failure = new DOMException('Unexpected internal error.', 'UnknownError');
  const cache = vi.spyOn(Cache.prototype, 'put').mockRejectedValue(failure);
  onTestFinished(() => cache.mockRestore());
}

/** What is opened of the databases from now on. */
function watchOpened(): readonly string[] {
  const names: string[] = [];
  const open = indexedDB.open.bind(indexedDB);
  const opening = vi.spyOn(indexedDB, 'open').mockImplementation((name, version) => {
    names.push(name);
    return open(name, version);
  });
  onTestFinished(() => opening.mockRestore());
  return names;
}

const unnamed = new DOMException('', 'InvalidStateError');

test('where there is room a new log is begun, and nothing is left of it', async () => {
  const opened = watchOpened();
  expect(await turnLogIfRoom()).toBe(true);
  expect(opened).toEqual(['onggi-turn-log']);
  const databases = await indexedDB.databases();
  expect(databases.map(({ name }) => name)).not.toContain('onggi-turn-log');
});

test('files that fail without saying why keep nobody out where something else finds room', async () => {
  failFiles(unnamed);
  const opened = watchOpened();
  expect(await turnLogIfRoom()).toBe(true);
  expect(opened).toEqual(['onggi-turn-log']);
  expect(await caches.keys()).not.toContain('onggi-room-probe');
});

test('where nothing shows that there is room the databases are left alone', async () => {
  failFiles(unnamed);
  failCache();
  const opened = watchOpened();
  await expect(turnLogIfRoom()).rejects.toMatchObject({ code: 'db/no-space' });
  expect(opened).toEqual([]);
  expect(await caches.keys()).not.toContain('onggi-room-probe');
});

test('files that say that there is no room are believed', async () => {
  failFiles(new DOMException('full', 'QuotaExceededError'));
  const opened = watchOpened();
  await expect(turnLogIfRoom()).rejects.toMatchObject({ code: 'db/no-space' });
  expect(opened).toEqual([]);
});
