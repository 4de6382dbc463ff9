import * as fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createBackup } from '#backup/create-backup.ts';
import { foldSnapshot } from '#backup/fold-snapshot.ts';
import { createSnapshots } from '#backup/snapshots.ts';
import type { SegmentBounds, SnapshotFiles, SnapshotMaker, Snapshots } from '#backup/snapshots.ts';
import { stageRestore } from '#backup/stage-restore.ts';
import { verifyBackup } from '#backup/verify-backup.ts';
import type { WriteBackupOptions } from '#backup/write-backup.ts';
import { confirmFeed } from '#db/feed-reader.ts';
import { removeDocuments, replaceDocument } from '#db/documents.ts';
import { purgeConversations } from '#db/many-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { OnggiError } from '#domain/errors.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { createDocumentRows } from '#domain/library.ts';
import type { Attachment } from '#domain/stored-rows.ts';
import {
  NOW,
  SCHEMA_VERSION,
  SESSION_ID,
  addWhole,
  dump,
  openHome,
  problemCounts,
  restore,
  verify,
  wholeConversation,
} from './support.ts';
import type { Home } from './support.ts';

const MINUTE_MS = 60_000;

/** Snapshots of a home in a folder of their own; each is a minute later than the one before. */
async function openSnapshots(home: Home, bounds: Partial<SegmentBounds> = {}) {
  const root = await navigator.storage.getDirectory();
  const name = `test-${crypto.randomUUID()}`;
  onTestFinished(() => root.removeEntry(name, { recursive: true }));
  const own = await root.getDirectoryHandle(name, { create: true });
  let now = NOW;
  /** What the next writing meets instead of success. */
  let failure: OnggiError | undefined;
  const written: ('whole' | 'segment')[] = [];
  /** Of each reading to the end, the number of segments. */
  const readings: number[] = [];
  const maker: SnapshotMaker = {
    async createBackup({ target, segment }) {
      if (failure) throw failure;
      written.push(segment ? 'segment' : 'whole');
      now += MINUTE_MS;
      const options: Pick<WriteBackupOptions, 'now' | 'appVersion' | 'schemaVersion'> = {
        now,
        appVersion: 'test',
        schemaVersion: SCHEMA_VERSION,
      };
      return createBackup(home.db, { ...options, target, segment });
    },
    verify(file, options) {
      readings.push(options.segments.length);
      return verifyBackup(file, { ...options, schemaVersion: SCHEMA_VERSION });
    },
  };
  const snapshots = createSnapshots({
    maker,
    live: { db: home.db, clock: () => now + MINUTE_MS },
    openRoot: () => Promise.resolve(own),
    segmentBounds: { share: 1e9, ...bounds },
  });
  return {
    snapshots,
    written,
    readings,
    wait: (ms: number) => void (now += ms),
    folder: () => own.getDirectoryHandle('snapshots'),
    fail: (error: OnggiError | undefined) => void (failure = error),
  };
}

/** The files of the newest snapshot. */
async function readNewest(snapshots: Snapshots): Promise<SnapshotFiles> {
  const [newest] = await snapshots.list();
  return snapshots.read(newest?.name ?? '');
}

/** What the newest snapshot brings back into an empty home. */
async function bringBack(snapshots: Snapshots) {
  const { whole, segments } = await readNewest(snapshots);
  const { db, staged } = await restore(await openHome(), whole, { segments });
  return { db, summary: staged.preview.summary };
}

const attachment = (id: string, conversationId: string, size: number): Attachment => ({
  id,
  conversationId: toConversationId(conversationId),
  messageId: toMessageId(`${conversationId}-m0`),
  name: `${id}.bin`,
  mediaType: 'application/octet-stream',
  sizeBytes: size,
  bytes: new Uint8Array(size).map((_, index) => (index * 7 + size) % 251).buffer,
});

const documentRows = (id: string, text: string) =>
  createDocumentRows({
    id,
    name: `${id}.md`,
    mediaType: 'text/markdown',
    sizeBytes: text.length,
    text,
    createdAt: NOW,
    updatedAt: NOW,
    source: 'file',
  });

/** A conversation with exactly so many messages, whatever it had before. */
async function setLine(db: OnggiDatabase, id: string, count: number, title: string) {
  const whole = wholeConversation(id, count, { title, updatedAt: NOW });
  const there = await db.strict.messages.filter((each) => each.conversationId === id).toArray();
  const kept = new Set(whole.messages.map((each) => each.id));
  await db.strict.messages.bulkDelete(there.map((each) => each.id).filter((at) => !kept.has(at)));
  await addWhole(db, whole);
}

const ids = fc.constantFrom('a', 'b', 'c');
const change = fc.oneof(
  fc.record({
    kind: fc.constant('line' as const),
    id: ids,
    count: fc.nat(6),
    title: fc.constantFrom('옹기', 'jar', '항아리 🏺'),
  }),
  fc.record({ kind: fc.constant('purge' as const), id: ids }),
  fc.record({
    kind: fc.constant('attach' as const),
    id: ids,
    name: fc.constantFrom('x', 'y'),
    size: fc.constantFrom(0, 1, 200_000),
  }),
  fc.record({ kind: fc.constant('detach' as const), name: fc.constantFrom('x', 'y') }),
  fc.record({
    kind: fc.constant('document' as const),
    id: ids,
    text: fc.constantFrom('', '한 단락', 'Word. '.repeat(1000)),
  }),
  fc.record({ kind: fc.constant('remove-document' as const), id: ids }),
  fc.record({ kind: fc.constant('draft' as const), text: fc.constantFrom('', '쓰다 만 글') }),
);

type Change = typeof change extends fc.Arbitrary<infer Step> ? Step : never;

async function apply(db: OnggiDatabase, step: Change): Promise<void> {
  switch (step.kind) {
    case 'line':
      return setLine(db, step.id, step.count, step.title);
    case 'purge':
      await purgeConversations(db, [toConversationId(step.id)]);
      return;
    case 'attach':
      await db.strict.attachments.put(attachment(step.name, step.id, step.size));
      return;
    case 'detach':
      return db.strict.attachments.delete(step.name);
    case 'document':
      return replaceDocument(db, documentRows(step.id, step.text));
    case 'remove-document':
      await removeDocuments(db, [step.id]);
      return;
    case 'draft':
      if (step.text === '') return db.strict.drafts.delete('new');
      await db.strict.drafts.put({ id: 'new', text: step.text, pasted: [], updatedAt: NOW });
  }
}

describe('a snapshot and its segments', () => {
  test('bring exactly the rows back: added, changed, removed', { timeout: 120_000 }, async () => {
    const rounds = fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const home = await openHome();
        await setLine(home.db, 'a', 3, 'first');
        const { snapshots, written } = await openSnapshots(home);
        await snapshots.take();
        for (const steps of all) {
          for (const step of steps) await apply(home.db, step);
          await snapshots.take();
        }
        expect(written).toEqual(['whole', ...all.map(() => 'segment')]);
        const { whole, segments } = await readNewest(snapshots);
        const target = await openHome();
        const { db } = await restore(target, whole, { segments });
        expect(await dump(db)).toEqual(await dump(home.db));
        db.close();
        indexedDB.deleteDatabase(db.name);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });

  test('folded into one file, bring exactly the rows back', { timeout: 120_000 }, async () => {
    const rounds = fc.array(fc.array(change, { maxLength: 4 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(rounds, async (all) => {
        const home = await openHome();
        await setLine(home.db, 'a', 3, 'first');
        const { snapshots } = await openSnapshots(home);
        await snapshots.take();
        for (const steps of all) {
          for (const step of steps) await apply(home.db, step);
          await snapshots.take();
        }
        const { whole, segments } = await readNewest(snapshots);
        const { blob, receipt } = await foldSnapshot(whole, segments, {
          target: { kind: 'blob' },
          now: NOW,
          appVersion: 'test',
          schemaVersion: SCHEMA_VERSION,
        });
        const file = new File(blob ? [blob] : [], receipt.fileName);
        expect(await verify(file)).toMatchObject({ isVerified: true, counts: receipt.counts });
        const { db } = await restore(await openHome(), file);
        expect(await dump(db)).toEqual(await dump(home.db));
        db.close();
        indexedDB.deleteDatabase(db.name);
      }),
      { numRuns: 8, endOnFailure: true },
    );
  });

  test('are told as one, with the moment that they reach', async () => {
    const home = await openHome();
    const { snapshots } = await openSnapshots(home);
    await setLine(home.db, 'a', 3, 'first');
    await snapshots.take();
    await setLine(home.db, 'a', 5, 'longer');
    await setLine(home.db, 'b', 2, 'new');
    await snapshots.take();
    const { whole, segments } = await readNewest(snapshots);
    const summary = await verifyBackup(whole, { schemaVersion: SCHEMA_VERSION, segments });
    expect(summary).toMatchObject({
      isVerified: true,
      createdAt: NOW + 2 * MINUTE_MS,
      counts: { conversations: 2, messages: 7 },
      problems: [],
    });
    const [listed] = await snapshots.list();
    expect(listed).toMatchObject({
      name: whole.name,
      sizeBytes: whole.size + (segments[0]?.size ?? 0),
      reachesAt: NOW + 2 * MINUTE_MS,
    });
    expect(await snapshots.list()).toHaveLength(1);
  });

  test('keep messages whose conversation is lost', async () => {
    const home = await openHome();
    const { snapshots, written } = await openSnapshots(home);
    await setLine(home.db, 'a', 1, 'first');
    await snapshots.take();
    const { conversation, messages } = wholeConversation('lost', 2);
    await addWhole(home.db, { conversation, messages });
    await home.db.strict.conversations.delete(conversation.id);
    await snapshots.take();
    expect(written).toEqual(['whole', 'segment']);
    const { whole, segments } = await readNewest(snapshots);
    const { db, staged } = await restore(await openHome(), whole, { segments });
    expect(problemCounts(staged.preview.summary)).toEqual({ messages_without_conversation: 2 });
    expect(await db.strict.messages.toArray()).toEqual(await home.db.strict.messages.toArray());
  });

  test('are merged with what is there, and the newer row wins', async () => {
    const home = await openHome();
    const { snapshots } = await openSnapshots(home);
    await setLine(home.db, 'a', 3, 'first');
    await snapshots.take();
    await setLine(home.db, 'b', 2, 'second');
    await snapshots.take();
    const { whole, segments } = await readNewest(snapshots);
    const other = await openHome();
    await setLine(other.db, 'c', 1, 'here');
    const { db } = await restore(other, whole, { mode: 'merge', segments });
    expect(await db.strict.conversations.toCollection().primaryKeys()).toEqual(['a', 'b', 'c']);
    expect((await db.strict.messages.toArray()).length).toBe(6);
  });

  test('are never taken for a backup, nor a backup for a segment', async () => {
    const home = await openHome();
    const { snapshots } = await openSnapshots(home);
    await setLine(home.db, 'a', 3, 'first');
    await snapshots.take();
    await snapshots.take();
    const { whole, segments } = await readNewest(snapshots);
    const options = { schemaVersion: SCHEMA_VERSION };
    await expect(verifyBackup(segments[0] ?? whole, options)).rejects.toMatchObject({
      code: 'file/not-a-backup',
    });
    const summary = await verifyBackup(whole, { ...options, segments: [whole] });
    expect(problemCounts(summary)).toEqual({ segments_damaged: 1 });
  });

  test('know keys no more than a backup does', async () => {
    const home = await openHome();
    const { snapshots } = await openSnapshots(home);
    await setLine(home.db, 'a', 1, 'first');
    await snapshots.take();
    await setLine(home.db, 'a', 2, 'first');
    await snapshots.take();
    const { segments } = await readNewest(snapshots);
    const plain = segments[0]?.stream().pipeThrough(new DecompressionStream('gzip'));
    const object = (await new Response(plain).json()) as Record<string, unknown>;
    for (const name of ['secrets', 'keyRing', 'key_ring', 'response_cache', 'embeddings']) {
      expect(object).not.toHaveProperty(name);
    }
  });
});

async function turnByte(file: File): Promise<File> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const at = Math.floor(bytes.length / 2);
  bytes[at] = (bytes[at] ?? 0) ^ 0xff;
  return new File([bytes], file.name);
}

describe('a chain of segments ends', () => {
  /** Three segments; after each the conversation is one message longer. */
  async function threeSegments(title = 'line') {
    const home = await openHome();
    const opened = await openSnapshots(home);
    for (const count of [1, 2, 3, 4]) {
      await setLine(home.db, 'a', count, title);
      await opened.snapshots.take();
    }
    const files = await readNewest(opened.snapshots);
    expect(files.segments).toHaveLength(3);
    return { ...opened, home, ...files };
  }

  async function countBack(whole: Blob, segments: readonly Blob[]) {
    const { db, staged } = await restore(await openHome(), whole, { segments });
    const { summary, questions } = staged.preview;
    const messageCount = (await db.strict.messages.toArray()).length;
    return { messageCount, createdAt: summary.createdAt, questions };
  }

  const damages: readonly [string, (segments: readonly File[]) => Promise<readonly Blob[]>][] = [
    ['a byte turned', async ([a, b, c]) => [a as File, await turnByte(b as File), c as File]],
    ['cut off', ([a, b, c]) => Promise.resolve([a as File, (b as File).slice(0, -20), c as File])],
    ['empty', ([a, , c]) => Promise.resolve([a as File, new Blob(), c as File])],
    ['missing', ([a, , c]) => Promise.resolve([a as File, c as File])],
    ['of another snapshot', async ([a, , c]) => [a as File, await foreignSegment(), c as File]],
    ['in another order', ([a, b, c]) => Promise.resolve([a as File, c as File, b as File])],
    ['no segment at all', ([a, , c]) => Promise.resolve([a as File, new Blob(['{}']), c as File])],
  ];

  test.each(damages)('where one is %s, and says how far it reaches', async (_name, damage) => {
    const { whole, segments } = await threeSegments();
    const damaged = await damage(segments);
    expect(await countBack(whole, damaged)).toEqual({
      messageCount: 2,
      createdAt: NOW + 2 * MINUTE_MS,
      questions: ['segments_damaged'],
    });
    const summary = await verifyBackup(whole, { schemaVersion: SCHEMA_VERSION, segments: damaged });
    expect(problemCounts(summary)).toEqual({ segments_damaged: damaged.length - 1 });
    expect(await countBack(whole, segments)).toMatchObject({ messageCount: 4, questions: [] });
  });

  test('before the first one when the whole snapshot is another', async () => {
    const { segments } = await threeSegments();
    const other = await threeSegments('another');
    expect(await countBack(other.whole, segments)).toEqual({
      messageCount: 1,
      createdAt: NOW + MINUTE_MS,
      questions: ['segments_damaged'],
    });
  });

  test('nowhere, and nothing is restored, when the whole snapshot is damaged', async () => {
    const { whole, segments } = await threeSegments();
    const home = await openHome();
    const options = { mode: 'replace', clock: () => NOW, sessionId: SESSION_ID } as const;
    const restoring = stageRestore(home.db, await turnByte(whole), {
      ...options,
      segments,
      schemaVersion: SCHEMA_VERSION,
      baseName: home.names.defaultName,
    });
    await expect(restoring).rejects.toMatchObject({
      code: expect.stringMatching(/^file\//) as string,
    });
  });

  async function foreignSegment(): Promise<File> {
    const { segments } = await threeSegments('another');
    return segments[1] as File;
  }
});

describe('taking a snapshot', () => {
  test('adds to one that an older version made only after a whole one', async () => {
    const home = await openHome();
    const { snapshots, written, folder } = await openSnapshots(home);
    await setLine(home.db, 'a', 3, 'first');
    await snapshots.take();
    // As it was before there were segments: no note of where it ends.
    await home.db.strict.backupTargets.clear();
    await snapshots.take();
    await snapshots.take();
    expect(written).toEqual(['whole', 'whole', 'segment']);
    const names: string[] = [];
    for await (const name of (
      (await folder()) as unknown as { keys(): AsyncIterable<string> }
    ).keys()) {
      names.push(name);
    }
    expect(names.map((name) => name.replaceAll(/\d{8}_\d{6}/g, 'T')).sort()).toEqual([
      'backup_T_n000001.json.gz',
      'backup_T_n000002.0001_T.segment.gz',
      'backup_T_n000002.json.gz',
    ]);
  });

  test.each<[string, (home: Home) => Promise<unknown>]>([
    ['the feed was trimmed', ({ db }) => db.strict.changeFeed.clear()],
    [
      'nobody wrote down what went',
      ({ db }) => db.strict.drafts.clear().then(() => db.strict.messages.clear()),
    ],
    ['the note was lost', ({ db }) => db.strict.backupTargets.clear()],
  ])('writes everything anew where %s', async (_name, disturb) => {
    const home = await openHome();
    const { snapshots, written } = await openSnapshots(home);
    await setLine(home.db, 'a', 3, 'first');
    await snapshots.take();
    await disturb(home);
    await setLine(home.db, 'a', 3, 'second');
    await snapshots.take();
    expect(written).toEqual(['whole', 'whole']);
    expect(await dump((await bringBack(snapshots)).db)).toEqual(await dump(home.db));
  });

  test.each<[string, Partial<SegmentBounds>]>([
    ['weigh more than their share', { share: 0, leastBytes: 0 }],
    ['are too many', { most: 1 }],
  ])('begins a new one when the segments %s', async (_name, bounds) => {
    const home = await openHome();
    const { snapshots, written } = await openSnapshots(home, bounds);
    for (const count of [1, 2, 3, 4]) {
      await setLine(home.db, 'a', count, 'line');
      await snapshots.take();
    }
    expect(written).toEqual(['whole', 'segment', 'whole', 'segment']);
    expect(await snapshots.list()).toHaveLength(2);
  });

  test.each<[string, Partial<SegmentBounds>]>([
    ['more rows changed than a segment takes', { maxIds: 2 }],
    ['the whole one is old', { maxAgeMs: MINUTE_MS - 1 }],
  ])('writes everything when %s', async (_name, bounds) => {
    const home = await openHome();
    const { snapshots, written } = await openSnapshots(home, bounds);
    await setLine(home.db, 'a', 1, 'line');
    await snapshots.take();
    await setLine(home.db, 'a', 9, 'line');
    await snapshots.take();
    expect(written).toEqual(['whole', 'whole']);
  });

  test('keeps what is in the feed until it is written, and no longer', async () => {
    const home = await openHome();
    const { snapshots } = await openSnapshots(home);
    await setLine(home.db, 'a', 1, 'line');
    await snapshots.take();
    for (const count of [2, 3]) await setLine(home.db, 'a', count, 'line');
    // Search has seen everything.
    const last = Number(await home.db.strict.changeFeed.orderBy(':id').lastKey());
    await confirmFeed(home.db, 'search', last);
    await snapshots.take();
    expect(await dump((await bringBack(snapshots)).db)).toEqual(await dump(home.db));
    expect(await home.db.strict.changeFeed.toCollection().primaryKeys()).toEqual([last]);
  });

  test('that finds no room leaves the chain as it is, and goes on later', async () => {
    const home = await openHome();
    const { snapshots, written, fail } = await openSnapshots(home);
    await setLine(home.db, 'a', 1, 'line');
    await snapshots.take();
    await setLine(home.db, 'a', 2, 'line');
    await snapshots.take();
    const before = await dump(home.db);
    fail(new OnggiError('db/quota', 'no room'));
    await setLine(home.db, 'a', 3, 'line');
    await setLine(home.db, 'b', 3, 'new');
    await expect(snapshots.take()).rejects.toMatchObject({ code: 'db/quota' });
    expect(await dump((await bringBack(snapshots)).db)).toEqual(before);
    fail(undefined);
    await snapshots.take();
    expect(written).toEqual(['whole', 'segment', 'segment']);
    expect(await dump((await bringBack(snapshots)).db)).toEqual(await dump(home.db));
  });

  test('that was cut off between file and note writes the same segment again', async () => {
    const home = await openHome();
    const { snapshots } = await openSnapshots(home);
    await setLine(home.db, 'a', 1, 'line');
    await snapshots.take();
    const target = await home.db.strict.backupTargets.get('snapshot');
    const readers = await home.db.strict.feedReaders.toArray();
    const feed = await home.db.strict.changeFeed.toArray();
    await setLine(home.db, 'a', 2, 'line');
    await snapshots.take();
    // The page was closed before the note.
    if (target) await home.db.strict.backupTargets.put(target);
    await home.db.strict.feedReaders.bulkPut(readers);
    await home.db.strict.changeFeed.bulkPut(feed);
    await setLine(home.db, 'a', 3, 'line');
    await snapshots.take();
    const { db, summary } = await bringBack(snapshots);
    expect(summary.problems).toEqual([]);
    expect(await dump(db)).toEqual(await dump(home.db));
  });

  test('removes old ones with their segments', async () => {
    const home = await openHome();
    const { snapshots, folder } = await openSnapshots(home, { most: 1 });
    for (let count = 1; count <= 20; count += 1) {
      await setLine(home.db, 'a', count, 'line');
      await snapshots.take();
    }
    const names: string[] = [];
    for await (const name of (
      (await folder()) as unknown as { keys(): AsyncIterable<string> }
    ).keys()) {
      names.push(name);
    }
    expect(names.filter((name) => name.endsWith('.json.gz'))).toHaveLength(8);
    expect(names.filter((name) => name.endsWith('.segment.gz'))).toHaveLength(8);
    const [newest] = await snapshots.list();
    await snapshots.remove(newest?.name ?? '');
    expect(await snapshots.list()).toHaveLength(7);
  });
});

describe('a snapshot that is damaged where it lies', () => {
  const DAY_MS = 24 * 60 * MINUTE_MS;

  /** A whole one and three segments; the files in their order. */
  async function openFour() {
    const home = await openHome();
    const opened = await openSnapshots(home);
    for (const count of [1, 2, 3, 4]) {
      await setLine(home.db, 'a', count, 'line');
      await opened.snapshots.take();
    }
    const { whole, segments } = await readNewest(opened.snapshots);
    const folder = await opened.folder();
    const put = async (file: File, content: Blob): Promise<void> => {
      const writable = await (await folder.getFileHandle(file.name)).createWritable();
      await writable.write(content);
      await writable.close();
    };
    /** One more message, and a snapshot of it. */
    const takeNext = async (count: number): Promise<void> => {
      await setLine(home.db, 'a', count, 'line');
      await opened.snapshots.take();
    };
    /** That the newest one brings everything back. */
    const expectSound = async (): Promise<void> => {
      const { db, summary } = await bringBack(opened.snapshots);
      expect(summary.problems).toEqual([]);
      expect(await dump(db)).toEqual(await dump(home.db));
    };
    return { ...opened, files: [whole, ...segments], folder, put, takeNext, expectSound };
  }

  const cut = (file: File): Promise<Blob> => Promise.resolve(file.slice(0, -20));
  const empty = (): Promise<Blob> => Promise.resolve(new Blob());
  const places: readonly (readonly [string, number, (file: File) => Promise<Blob>])[] = [
    ['whole one is cut off', 0, cut],
    ['whole one is empty', 0, empty],
    ['middle segment is cut off', 2, cut],
    ['middle segment is empty', 2, empty],
    ['last segment is cut off', 3, cut],
  ];

  test.each(places)('is begun anew at once when its %s', async (_name, at, damage) => {
    const { files, put, takeNext, expectSound, written } = await openFour();
    const file = files[at] as File;
    await put(file, await damage(file));
    await takeNext(5);
    expect(written.slice(4)).toEqual(['whole']);
    await expectSound();
  });

  test.each([0, 1, 2, 3])('is begun anew when file %i of four is missing', async (at) => {
    const { files, folder, takeNext, expectSound, written } = await openFour();
    await folder.removeEntry((files[at] as File).name);
    await takeNext(5);
    await takeNext(6);
    expect(written.slice(4)).toEqual(['whole', 'segment']);
    await expectSound();
  });

  test.each([0, 1, 2, 3])('is read once a day: a byte turned in file %i of four', async (at) => {
    const { files, put, takeNext, expectSound, written, readings, wait } = await openFour();
    await takeNext(5);
    expect(readings).toEqual([]);
    const file = files[at] as File;
    await put(file, await turnByte(file));
    wait(DAY_MS);
    await takeNext(6);
    expect(readings).toEqual([4]);
    expect(written.slice(4)).toEqual(['segment', 'whole']);
    await expectSound();
  });

  test('is read once a day and added to when it is whole, whatever the clock did', async () => {
    const { takeNext, expectSound, written, readings, wait } = await openFour();
    wait(DAY_MS);
    await takeNext(5);
    await takeNext(6);
    expect(readings).toEqual([3]);
    wait(-3 * DAY_MS);
    await takeNext(7);
    await takeNext(8);
    expect(readings).toEqual([3, 5]);
    expect(written.slice(4)).toEqual(['segment', 'segment', 'segment', 'segment']);
    await expectSound();
  });
});
