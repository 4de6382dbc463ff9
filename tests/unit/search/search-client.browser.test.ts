import { describe, expect, onTestFinished, test } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { beginSearchEpoch } from '#db/search-epoch.ts';
import type { SearchStatus } from '#domain/search.ts';
import { createSearchClient } from '#search/search-client.ts';
import type { SearchClient } from '#search/search-client.ts';
import { openForTest } from '../db/fresh-database.ts';
import { addRows, conversationOf } from './support.ts';

const createWorker = () =>
  new Worker(new URL('../../../src/search/search.worker.ts', import.meta.url), { type: 'module' });

/** Tells how it is when asked, and answers nothing else. */
const HANGING = `onmessage = ({ ports: [port] }) => {
  port.onmessage = ({ data }) => {
    if (data.kind !== 'tell-status') return;
    port.postMessage({ kind: 'status', status: { phase: 'ready', indexedCount: 1, meaning: {} } });
  };
};`;
/** Questions that may take as long as a model takes. */
const LONG = {
  near: { kind: 'near', text: '김치', limit: 1, leastCosine: 0, isInPassing: true },
  similar: { kind: 'similar', conversationId: 'c', limit: 1, leastCosine: 0 },
  map: { kind: 'map' },
} as const;

/** Says nothing at all. */
const MUTE = 'onmessage = () => undefined;';

function workerOf(script: string): Worker {
  const url = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }));
  onTestFinished(() => URL.revokeObjectURL(url));
  return new Worker(url);
}

/** A tab of its own, as far as search is concerned. @param scripts Of its first workers, in place of ours. */
function openTab(db: OnggiDatabase, scripts: readonly string[] = []) {
  const workers: Worker[] = [];
  const clocks = new Set<() => void>();
  const client = createSearchClient({
    db,
    createId: () => crypto.randomUUID(),
    createWorker: () => {
      const script = scripts[workers.length];
      const worker = script === undefined ? createWorker() : workerOf(script);
      workers.push(worker);
      return worker;
    },
    watchClock(onTurn) {
      clocks.add(onTurn);
      return () => clocks.delete(onTurn);
    },
  });
  onTestFinished(() => client.close());
  const statuses: SearchStatus[] = [];
  client.watchStatus((status) => statuses.push(status));
  const turnClock = (turns: number): void => {
    for (let turn = 0; turn < turns; turn += 1) for (const onTurn of clocks) onTurn();
  };
  return { client, workers, statuses, clocks, turnClock };
}

/** Asks for a word; resolves with the conversations that were found. */
async function findWord(client: SearchClient, query: string): Promise<readonly string[]> {
  const found: string[] = [];
  await client.ask({ kind: 'find', query, order: 'best', offset: 0, limit: 5 }, (answer) => {
    if (answer.kind !== 'found' || !answer.page.isWhole) return;
    found.push(...answer.page.groups.map(({ id }) => id));
  });
  return found;
}

test('one tab runs the worker, and the next takes over when it closes', async () => {
  const db = await openForTest();
  const first = openTab(db);
  await expect.poll(() => first.statuses.at(-1)?.phase, { timeout: 20_000 }).toBe('ready');
  const second = openTab(db);
  await expect.poll(() => second.statuses.at(-1)?.phase).toBe('ready');
  expect([first.workers.length, second.workers.length]).toEqual([1, 0]);
  expect(first.statuses.at(-1)?.isFast).toBe(true);
  first.client.close();
  await expect.poll(() => second.workers.length).toBe(1);
});

describe('a leading tab that is frozen', () => {
  /** Holds the lock and says nothing, as a page that sleeps. @returns settles when it is taken away */
  async function freezeLeader(db: OnggiDatabase): Promise<string> {
    let stolen: Promise<string> = Promise.resolve('');
    await new Promise<void>((resolve) => {
      stolen = navigator.locks
        .request(`onggi-search:${db.name}`, () => {
          resolve();
          return new Promise<never>(() => undefined);
        })
        .catch((error: unknown) => (error instanceof Error ? error.name : ''));
    });
    return stolen;
  }

  test('loses the lock to one that asks, which answers its own questions', async () => {
    const db = await openForTest();
    await addRows(db, conversationOf('a', ['red apple']));
    let state = 'held';
    void freezeLeader(db).then((name) => (state = name));
    await expect
      .poll(() => navigator.locks.query().then(({ held }) => held?.length))
      .toBeGreaterThan(0);
    const tab = openTab(db);
    const found = findWord(tab.client, 'apple');
    tab.turnClock(13);
    expect([state, tab.workers.length]).toEqual(['held', 0]);
    tab.turnClock(1);
    await found;
    expect([state, tab.workers.length]).toEqual(['AbortError', 1]);
    await expect.poll(() => findWord(tab.client, 'apple')).toEqual(['a']);
  });

  test('keeps it while it says that it leads', async () => {
    const db = await openForTest();
    let state = 'held';
    void freezeLeader(db).then((name) => (state = name));
    const tab = openTab(db);
    const asking = findWord(tab.client, 'apple').catch(() => []);
    const channel = new BroadcastChannel(`onggi-search:${db.name}`);
    onTestFinished(() => channel.close());
    const isAsked = new Promise<void>((resolve) => {
      channel.onmessage = ({ data }: MessageEvent<{ kind: string }>) => {
        if (data.kind === 'silent') resolve();
      };
    });
    tab.turnClock(12);
    await isAsked;
    channel.postMessage({ kind: 'leading' });
    // It has answered when its question was asked again.
    await new Promise<void>((resolve) => {
      channel.onmessage = ({ data }: MessageEvent<{ kind: string }>) => {
        if (data.kind === 'to-worker') resolve();
      };
    });
    tab.turnClock(5);
    await navigator.locks.query();
    expect([state, tab.workers.length]).toEqual(['held', 0]);
    tab.client.close();
    void asking;
  });

  test('ends its worker when it wakes up, and queues again', async () => {
    const db = await openForTest();
    await addRows(db, conversationOf('a', ['red apple']));
    const tab = openTab(db);
    await expect.poll(() => findWord(tab.client, 'apple')).toEqual(['a']);
    let release: () => void = () => undefined;
    void navigator.locks.request(
      `onggi-search:${db.name}`,
      { steal: true },
      () => new Promise<void>((resolve) => (release = resolve)),
    );
    const found = findWord(tab.client, 'apple');
    await expect
      .poll(async () => (await navigator.locks.query()).pending?.map(({ name }) => name))
      .toContain(`onggi-search:${db.name}`);
    expect(tab.workers).toHaveLength(1);
    release();
    await found;
    await expect.poll(() => findWord(tab.client, 'apple')).toEqual(['a']);
    expect(tab.workers).toHaveLength(2);
  });
});

describe('the worker of another tab that lives on', () => {
  test('and began later than the one that leads, is overtaken when that one is refused', async () => {
    const db = await openForTest();
    await addRows(db, conversationOf('a', ['red apple']));
    const tab = openTab(db);
    await expect.poll(() => tab.statuses.at(-1)?.phase, { timeout: 20_000 }).toBe('ready');
    await beginSearchEpoch(db);
    const near = {
      kind: 'near',
      text: 'apple',
      limit: 5,
      leastCosine: 0,
      isInPassing: false,
    } as const;
    await tab.client.ask(near, () => undefined);
    await expect.poll(() => tab.workers.length, { timeout: 20_000 }).toBe(2);
    await tab.client.ask(near, () => undefined);
    await expect.poll(() => tab.statuses.at(-1)?.meaning.phase, { timeout: 20_000 }).toBe('ready');
    expect(await db.strict.embeddings.count()).toBe(1);
    expect(tab.workers).toHaveLength(2);
  });

  test('and holds the files, keeps them no longer than it lives', async () => {
    const db = await openForTest();
    await addRows(db, conversationOf('a', ['red apple']));
    const old = createWorker();
    onTestFinished(() => old.terminate());
    const { port1, port2 } = new MessageChannel();
    const isReady = new Promise<void>((resolve) => {
      port1.onmessage = ({ data }: MessageEvent<{ status?: SearchStatus }>) => {
        if (data.status?.phase === 'ready') resolve();
      };
    });
    old.postMessage(db.name, [port2]);
    await isReady;
    const tab = openTab(db);
    const last = (): Partial<SearchStatus> | undefined => tab.statuses.at(-1);
    await expect
      .poll(last, { timeout: 20_000 })
      .toMatchObject({ phase: 'ready', storage: 'memory' });
    old.terminate();
    await expect.poll(last, { timeout: 20_000 }).toMatchObject({ phase: 'ready', storage: 'opfs' });
    expect(await findWord(tab.client, 'apple')).toEqual(['a']);
    expect(tab.workers).toHaveLength(2);
  });
});

describe('a worker that says something else', () => {
  const ODD = `onmessage = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => {
      if (data.kind === 'ask') port.postMessage({ kind: 'answer', id: data.id, answer: { kind: '?' }, isLast: true });
    };
  };`;
  const NAMELESS = `onmessage = ({ ports: [port] }) => {
    port.onmessage = ({ data }) => data.kind === 'ask' && port.postMessage('hello');
  };`;

  test('fails the question, and answers the next ones', async () => {
    const db = await openForTest();
    const leader = openTab(db, [ODD]);
    await expect.poll(() => leader.workers.length).toBe(1);
    await expect(findWord(leader.client, 'apple')).rejects.toMatchObject({
      code: 'app/worker-failed',
    });
    // Those of other tabs too.
    const other = openTab(db, [ODD]);
    await expect(findWord(other.client, 'apple')).rejects.toMatchObject({
      code: 'app/worker-failed',
    });
    expect(leader.workers).toHaveLength(1);
  });

  test('is replaced when nobody knows whom it answers, and words are found', async () => {
    const db = await openForTest();
    await addRows(db, conversationOf('a', ['red apple']));
    const tab = openTab(db, [NAMELESS]);
    await findWord(tab.client, 'apple');
    await expect.poll(() => findWord(tab.client, 'apple')).toEqual(['a']);
    expect(tab.workers).toHaveLength(2);
  });

  test('a question that the worker does not know fails', async () => {
    const db = await openForTest();
    const tab = openTab(db);
    const odd = { kind: 'tomorrow' } as unknown as Parameters<SearchClient['ask']>[0];
    await expect(tab.client.ask(odd, () => undefined)).rejects.toMatchObject({
      code: 'app/worker-failed',
    });
    expect(tab.workers).toHaveLength(1);
  });
});

describe('a worker that answers nothing any more', () => {
  test.each([
    ['though it tells how it is', HANGING, 3],
    ['nor ever did', MUTE, 12],
  ])('%s, is replaced, and the question is answered', async (_name, script, turns) => {
    const db = await openForTest();
    await addRows(db, conversationOf('c', ['김치']));
    const { client, workers, statuses, clocks, turnClock } = openTab(db, [script]);
    const finding = findWord(client, '김치');
    await expect.poll(() => workers.length).toBe(1);
    if (script === HANGING) await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
    turnClock(turns - 1);
    expect(workers).toHaveLength(1);
    turnClock(1);
    expect(workers).toHaveLength(2);
    await finding;
    expect(statuses.at(-1)?.restartCount).toBe(1);
    // Nothing is open: nobody looks at the clock.
    turnClock(1);
    expect(clocks.size).toBe(0);
    await expect.poll(() => statuses.at(-1)).toMatchObject({ isFast: true, indexedCount: 1 });
    expect(await findWord(client, '김치')).toEqual(['c']);
    expect(workers).toHaveLength(2);
  });

  test.each(['near', 'similar', 'map'] as const)(
    'is replaced though nobody asks for words but what is %s',
    async (kind) => {
      const db = await openForTest();
      const { client, workers, turnClock } = openTab(db, [MUTE]);
      const asking = client.ask(LONG[kind], () => undefined);
      await expect.poll(() => workers.length).toBe(1);
      turnClock(11);
      expect(workers).toHaveLength(1);
      turnClock(1);
      expect(workers).toHaveLength(2);
      await asking;
    },
  );

  test('is waited for while it says how it is, as long as a model takes', async () => {
    const db = await openForTest();
    const { client, workers, statuses, turnClock } = openTab(db, [HANGING]);
    void client.ask(LONG.near, () => undefined);
    await expect.poll(() => statuses.at(-1)?.phase).toBe('ready');
    for (let turn = 0; turn < 20; turn += 1) {
      const heard = statuses.length;
      turnClock(1);
      await expect.poll(() => statuses.length).toBeGreaterThan(heard);
    }
    expect(workers).toHaveLength(1);
  });

  test('and whose successor does not either, fails the question', async () => {
    const db = await openForTest();
    const { client, workers, turnClock } = openTab(db, [MUTE, MUTE]);
    const finding = findWord(client, '김치');
    await expect.poll(() => workers.length).toBe(1);
    const failure = expect(finding).rejects.toMatchObject({ code: 'app/worker-failed' });
    turnClock(24);
    await failure;
    expect(workers).toHaveLength(3);
    expect(await findWord(client, '김치')).toEqual([]);
  });

  test('is replaced when another tab says so', async () => {
    const db = await openForTest();
    await addRows(db, conversationOf('c', ['김치']));
    const first = openTab(db, [HANGING]);
    await expect.poll(() => first.statuses.at(-1)?.phase).toBe('ready');
    const second = openTab(db);
    await expect.poll(() => second.statuses.at(-1)?.phase).toBe('ready');
    const finding = findWord(second.client, '김치');
    second.turnClock(3);
    await finding;
    await expect.poll(() => first.statuses.at(-1)).toMatchObject({ isFast: true, indexedCount: 1 });
    expect([first.workers.length, second.workers.length]).toEqual([2, 0]);
    expect(second.statuses.at(-1)?.restartCount).toBe(1);
    expect(await findWord(second.client, '김치')).toEqual(['c']);
  });
});
