import { Dexie } from 'dexie';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { commit, read } from '#db/commit.ts';
import { toStorageError } from '#db/storage-errors.ts';
import { OnggiError } from '#domain/errors.ts';
import { openForTest } from './fresh-database.ts';
import { makeLine, makeMessage } from './conversation-rows.ts';

const dom = (name: string, message = ''): DOMException => new DOMException(message, name);

describe('toStorageError', () => {
  test.each([
    [dom('QuotaExceededError'), 'db/quota'],
    [new Dexie.AbortError('aborted', dom('QuotaExceededError')), 'db/quota'],
    [dom('AbortError', 'Failed to write data to data pipe'), 'db/quota'],
    [dom('UnknownError', 'Internal error: FILE_ERROR_NO_SPACE'), 'db/no-space'],
    [new Dexie.AbortError('aborted', dom('UnknownError', 'FILE_ERROR_NO_SPACE')), 'db/no-space'],
    [
      dom('UnknownError', 'Internal error opening backing store for indexedDB.open.'),
      'db/no-space',
    ],
    [dom('InvalidStateError', 'The database connection is closing.'), 'db/closed'],
    [new Dexie.DatabaseClosedError(), 'db/closed'],
    [new Dexie.OpenFailedError('failed', new Dexie.DatabaseClosedError()), 'db/closed'],
    [dom('VersionError'), 'db/newer-version'],
    [new Dexie.MissingAPIError(), 'db/unavailable'],
    [dom('SecurityError'), 'db/unavailable'],
    [dom('NotReadableError', 'Data lost due to missing file.'), 'db/row-damaged'],
    [new Dexie.UpgradeError(), 'db/migration-failed'],
    [dom('TimeoutError'), 'db/hang'],
    [dom('DataCloneError'), 'db/failed'],
    [new Error('anything'), 'db/failed'],
    ['not even an error', 'db/failed'],
    [undefined, 'db/failed'],
  ])('takes %s for %s', (error, code) => {
    const result = toStorageError(error);
    expect(result).toBeInstanceOf(OnggiError);
    expect(result.code).toBe(code);
  });

  test('passes our own errors, wrapped or not', () => {
    const own = new OnggiError('chat/not-found', 'gone');
    expect(toStorageError(own)).toBe(own);
    expect(toStorageError(new Dexie.AbortError('aborted', own))).toBe(own);
  });

  test('survives errors that wrap each other in a circle', () => {
    const circular = new Error('circle');
    circular.cause = circular;
    expect(toStorageError(circular).code).toBe('db/failed');
  });

  test('tells apart what may work the next time', () => {
    expect(toStorageError(dom('AbortError')).retryable).toBe(true);
    expect(toStorageError(dom('DataCloneError')).retryable).toBe(false);
    expect(toStorageError(dom('QuotaExceededError')).retryable).toBe(false);
  });
});

describe('real errors', () => {
  test('of a closed connection', async () => {
    const db = await openForTest();
    const native = db.strict.backendDB();
    db.close();
    const error: unknown = await Promise.resolve()
      .then(() => native.transaction('messages'))
      .catch((reason: unknown) => reason);
    expect(toStorageError(error).code).toBe('db/closed');
    await expect(read(() => db.strict.messages.toArray())).rejects.toMatchObject({
      code: 'db/closed',
    });
  });

  test('of opening an older version', async () => {
    const db = await openForTest();
    const request = indexedDB.open(db.name, 1);
    const error = await new Promise((resolve) => {
      request.onerror = () => resolve(request.error);
    });
    expect(toStorageError(error).code).toBe('db/newer-version');
  });

  test('of an aborted transaction, whose rows are not there', async () => {
    const db = await openForTest();
    const write = commit(() =>
      db.strict.transaction('rw', db.strict.messages, async (transaction) => {
        await db.strict.messages.bulkAdd(makeLine('c', 2));
        const last = db.strict.messages.add(makeMessage('c', 'x', null));
        transaction.abort();
        await last;
      }),
    );
    await expect(write).rejects.toMatchObject({ code: 'db/failed', retryable: true });
    expect(await db.strict.messages.toArray()).toEqual([]);
  });

  test('of a key that is there already, wrapped by a bulk error', async () => {
    const db = await openForTest();
    await db.strict.messages.bulkAdd(makeLine('c', 1));
    await expect(commit(() => db.strict.messages.bulkAdd(makeLine('c', 2)))).rejects.toMatchObject({
      code: 'db/failed',
      retryable: false,
    });
  });

  test('of a value that cannot be stored', async () => {
    const db = await openForTest();
    const row = { id: 'd', text: 'x', pasted: [], updatedAt: 1, extra: () => undefined };
    await expect(commit(() => db.strict.drafts.put(row))).rejects.toMatchObject({
      code: 'db/failed',
    });
  });
});

describe('commit', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('gives what the work gives', async () => {
    expect(await commit(() => Promise.resolve(3))).toBe(3);
  });

  test('gives up after five seconds without an event, not before', async () => {
    vi.useFakeTimers();
    const outcome = vi.fn();
    const write = commit(() => new Promise(() => undefined)).catch(outcome);
    await vi.advanceTimersByTimeAsync(4900);
    expect(outcome).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(200);
    await write;
    expect(outcome).toHaveBeenCalledWith(
      expect.objectContaining({ code: 'db/hang', retryable: true }),
    );
  });

  test('leaves no timer behind', async () => {
    vi.useFakeTimers();
    onTestFinished(() => {
      vi.useRealTimers();
    });
    await commit(() => Promise.resolve());
    await commit(() => Promise.reject(new Error())).catch(() => undefined);
    expect(vi.getTimerCount()).toBe(0);
  });
});
