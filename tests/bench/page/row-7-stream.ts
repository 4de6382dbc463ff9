import { createChat } from '#chat/chat.ts';
import { createMemoryConversations } from '#chat/memory-conversations.ts';
import { tryHoldAnswerLock } from '#db/locks.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { createConversation } from '#domain/conversation.ts';
import type { ConversationStore } from '#domain/conversation-store.ts';
import { createEndpoint } from '#domain/endpoint.ts';
import { toConversationId, toEndpointId, toSessionId } from '#domain/ids.ts';
import type { StreamChat } from '#domain/stream.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { sleep } from '#provider/limits.ts';
import { createProvider } from '#provider/provider.ts';
import { collectGarbage, ratioLine } from './bench-row.ts';
import type { BenchLine, CpuTimes } from './bench-line.ts';
import type { BenchContext, BenchRow } from './bench-row.ts';

const DELTA_MS = 5;
const clock = () => Date.now();
const createId = () => crypto.randomUUID();
const sessionId = toSessionId('bench-session');

/** An endpoint that says `count` words, one every 5 ms by the clock, and keeps that pace when late. */
function steadyStream(count: number): StreamChat {
  return async function* () {
    const start = performance.now();
    for (let sent = 0; sent < count;) {
      await new Promise((resolve) => setTimeout(resolve, DELTA_MS));
      const due = Math.min(count, Math.floor((performance.now() - start) / DELTA_MS));
      for (; sent < due; sent += 1) yield { kind: 'text', text: `단어${sent} ` };
    }
    yield { kind: 'usage', usage: { promptTokens: 12, completionTokens: count } };
    yield { kind: 'finish', reason: 'stop' };
  };
}

/** Where the deltas come from. */
interface Source {
  readonly streamChat: StreamChat;
  readonly chatModel: string;
  readonly endpointUrl: string;
}

interface StreamCost {
  readonly cpu: CpuTimes;
  readonly seconds: number;
  readonly writes: number;
  readonly liveFires: number;
}

/** One question and its streamed answer by the real flow, with the thread followed as the screen does. */
async function streamOnce(
  { readCpu, readWrites }: BenchContext,
  { streamChat, chatModel, endpointUrl }: Source,
  store: ConversationStore,
): Promise<StreamCost> {
  const endpoint = createEndpoint({
    id: toEndpointId('bench-endpoint'),
    presetId: 'custom',
    name: 'bench',
    baseUrl: endpointUrl,
    createdAt: 0,
  });
  const chat = createChat({
    // The cost of the stream alone; a cached answer would have none.
    cache: { find: () => Promise.resolve(undefined), keep: () => Promise.resolve() },
    streamChat,
    getEndpoint: () => Promise.resolve(endpoint),
    openApiKey: () => Promise.resolve(undefined),
    getSettings: () => ({
      ...createUserSettings('ko', 0),
      defaultEndpointId: endpoint.id,
      defaultModel: chatModel,
    }),
    getSessionId: () => Promise.resolve(sessionId),
    tryHoldAnswerLock,
    clock,
    monotonic: () => performance.now(),
    createId,
  });
  const conversation = createConversation({
    id: toConversationId(createId()),
    sessionId,
    createdAt: clock(),
  });
  collectGarbage();
  const before = await readCpu();
  const writesBefore = readWrites();
  const start = performance.now();
  let liveFires = 0;
  const run = await chat.sendMessage({ store, conversation }, '항아리에 대해 말해 줘', null);
  const subscription = store.watchThread(conversation.id, 50).subscribe({
    next: () => (liveFires += 1),
    error: (error) => console.error(error),
  });
  for await (const progress of run.progress) {
    if (progress.kind === 'settled' && progress.message.status !== 'complete') {
      throw new Error(`the answer ended ${progress.message.status}`);
    }
  }
  const seconds = (performance.now() - start) / 1000;
  // The live read of the last commit is part of the cost.
  await new Promise((resolve) => setTimeout(resolve, 100));
  subscription.unsubscribe();
  const after = await readCpu();
  return {
    cpu: {
      mainMs: after.mainMs - before.mainMs,
      browserMs: after.browserMs - before.browserMs,
    },
    seconds,
    writes: readWrites() - writesBefore,
    liveFires,
  };
}

/**
 * A streamed answer that is kept against one that is not: once as the app streams, from a server on
 * this machine through the provider, and once from a generator in the page, where the flow is all there is.
 */
export const stream: BenchRow = {
  number: 7,
  async run(context) {
    const deltas = context.isQuick ? 500 : 2000;
    const { streamChat } = createProvider({
      fetch: (...args) => fetch(...args),
      clock,
      sleep,
      isOnline: () => true,
    });
    const server = await compare(context, (count) => ({
      streamChat,
      chatModel: `steady?k=${count}&ms=${DELTA_MS}`,
      endpointUrl: context.endpointUrl,
    }));
    const generator = await compare(context, (count) => ({
      streamChat: steadyStream(count),
      chatModel: 'bench-model',
      endpointUrl: 'http://localhost:1/v1',
    }));
    const what = `stream of ${deltas} deltas kept / in memory only, CPU of`;
    return [
      cpuLine('7a', `${what} the page`, server, ({ mainMs }) => mainMs),
      cpuLine('7b', `${what} all processes`, server, ({ browserMs }) => browserMs),
      cpuLine('7c', `${what} the page, no network`, generator, ({ mainMs }) => mainMs),
      ...countLines([...server.kept, ...generator.kept]),
    ];

    async function compare(
      { fixtures, isQuick }: BenchContext,
      sourceOf: (count: number) => Source,
    ): Promise<Comparison> {
      const { database } = await fixtures.filled(fixtures.bigRows);
      const found: Record<keyof Comparison, StreamCost[]> = { kept: [], unkept: [] };
      for (let turn = -1; turn < (isQuick ? 2 : 6); turn += 1) {
        const runs: [keyof Comparison, ConversationStore][] = [
          ['kept', createStoredConversations(database, clock)],
          ['unkept', createMemoryConversations(clock)],
        ];
        // The first pair is a short one, to warm up, and is thrown away.
        const source = () => sourceOf(turn < 0 ? 200 : deltas);
        for (const [name, store] of turn % 2 === 0 ? runs : runs.reverse()) {
          const cost = await streamOnce(context, source(), store);
          if (turn >= 0) found[name].push(cost);
        }
      }
      return found;
    }
  },
};

interface Comparison {
  readonly kept: readonly StreamCost[];
  readonly unkept: readonly StreamCost[];
}

function cpuLine(
  row: string,
  what: string,
  { kept, unkept }: Comparison,
  pickMs: (cpu: CpuTimes) => number,
): BenchLine {
  const pairs = {
    subject: kept.map(({ cpu }) => pickMs(cpu)),
    anchor: unkept.map(({ cpu }) => pickMs(cpu)),
  };
  return ratioLine(pairs, { row, what, goal: 1.1 });
}

/** The worst of all runs. */
function countLines(kept: readonly StreamCost[]): readonly BenchLine[] {
  const worst = kept.toSorted(
    (a, b) => b.writes - Math.ceil(b.seconds) - (a.writes - Math.ceil(a.seconds)),
  )[0] ?? {
    seconds: 0,
    writes: 0,
    liveFires: 0,
  };
  const fires = Math.max(...kept.map(({ liveFires }) => liveFires));
  const rest = { unit: 'count', spread: null, n: kept.length } as const;
  return [
    {
      ...rest,
      row: '7d',
      what: `writing transactions in a stream of ${worst.seconds.toFixed(1)} s (most of all runs)`,
      value: worst.writes,
      // Begun seconds: a checkpoint comes a little before each second is over, so that it is in time.
      goal: Math.ceil(worst.seconds) + 2,
      note: 'goal: begun seconds + 2; question and answer row, checkpoints, settled answer',
    },
    {
      ...rest,
      row: '7e',
      what: 'values of the live thread meanwhile (most of all runs), against writes',
      value: fires,
      goal: worst.writes,
      note: 'the first value counted in',
    },
  ];
}
