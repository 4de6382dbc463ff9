import { createResponseCache } from '#cache/response-cache.ts';
import { createChat } from '#chat/chat.ts';
import type { ChatDeps } from '#chat/chat.ts';
import { tryHoldAnswerLock } from '#db/locks.ts';
import { createStoredConversations } from '#db/stored-conversations.ts';
import { createConversation } from '#domain/conversation.ts';
import { createEndpoint } from '#domain/endpoint.ts';
import { toConversationId, toEndpointId, toSessionId } from '#domain/ids.ts';
import type { StreamChat } from '#domain/stream.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { collectGarbage, quantile, ratioLine } from './bench-row.ts';
import type { BenchContext, BenchRow, Pairs } from './bench-row.ts';

/** What a person calls at once after Send; the note says the figure it is held against. */
const SHOWN_WITHIN_MS = 50;

const clock = () => Date.now();
const createId = () => crypto.randomUUID();
const sessionId = toSessionId('bench-session');
const endpoint = createEndpoint({
  id: toEndpointId('bench-endpoint'),
  presetId: 'custom',
  name: 'bench',
  baseUrl: 'http://localhost:1/v1',
  createdAt: 0,
});
const ANSWER = '항아리는 흙으로 빚어요. '.repeat(150);

/** An endpoint in the page that has the whole answer ready. */
const answerAtOnce: StreamChat = async function* () {
  yield await Promise.resolve({ kind: 'text', text: ANSWER } as const);
  yield { kind: 'usage', usage: { promptTokens: 12, completionTokens: 900 } };
  yield { kind: 'finish', reason: 'stop' };
};

/**
 * An answer from the cache against one that an endpoint in the page gives at once: from Send to the
 * first text, the question committed. What a real endpoint takes comes on top of the anchor only.
 */
export const cacheHit: BenchRow = {
  number: 21,
  async run({ fixtures, isQuick }: BenchContext) {
    const { database } = await fixtures.filled(fixtures.bigRows);
    const store = createStoredConversations(database, clock);
    const name = `bench-cache-${createId()}`;
    const openCache = () =>
      createResponseCache({ db: database, clock, monotonic: () => performance.now(), name });
    const cache = openCache();

    /** A page that has just begun has nothing in its memory. */
    const findAfterReload: ChatDeps['cache']['find'] = async (question) => {
      const fresh = openCache();
      try {
        return await fresh.find(question);
      } finally {
        fresh.close();
      }
    };

    /** Milliseconds from Send to the first text; resolves when the answer is over. */
    async function sendUntilText(
      find: ChatDeps['cache']['find'],
      keep: ChatDeps['cache']['keep'] = () => Promise.resolve(),
    ): Promise<number> {
      const chat = createChat({
        cache: { find, keep },
        streamChat: answerAtOnce,
        getEndpoint: () => Promise.resolve(endpoint),
        openApiKey: () => Promise.resolve(undefined),
        getSettings: () => ({
          ...createUserSettings('ko', 0),
          defaultEndpointId: endpoint.id,
          defaultModel: 'bench-model',
        }),
        getSessionId: () => Promise.resolve(sessionId),
        tryHoldAnswerLock,
        clock,
        monotonic: () => performance.now(),
        createId,
      });
      const id = toConversationId(createId());
      const conversation = createConversation({ id, sessionId, createdAt: clock() });
      const start = performance.now();
      const run = await chat.sendMessage({ store, conversation }, '항아리에 대해 말해 줘', null);
      let shownMs: number | undefined;
      for await (const { kind } of run.progress) {
        if (kind === 'writing') shownMs ??= performance.now() - start;
      }
      if (shownMs === undefined) throw new Error('no text');
      return shownMs;
    }

    const askEndpoint: ChatDeps['cache']['find'] = () => Promise.resolve(undefined);
    // The first answer is the one that is found from here on.
    let kept: Promise<void> | undefined;
    await sendUntilText(askEndpoint, (...what) => (kept = cache.keep(...what)));
    while (!kept) await new Promise((resolve) => setTimeout(resolve));
    await kept;

    async function measure(find: ChatDeps['cache']['find']): Promise<Pairs> {
      const pairs = { subject: [] as number[], anchor: [] as number[] };
      collectGarbage();
      for (let turn = -5; turn < (isQuick ? 20 : 100); turn += 1) {
        const sides = [
          [pairs.subject, find],
          [pairs.anchor, askEndpoint],
        ] as const;
        for (const [times, way] of turn % 2 === 0 ? sides : sides.toReversed()) {
          const shownMs = await sendUntilText(way);
          if (turn >= 0) times.push(shownMs);
        }
      }
      return pairs;
    }

    const levels = [
      ['21a', 'memory', 1.5, await measure((question) => cache.find(question))],
      // Opening the store and loading the key are part of it.
      ['21b', 'storage, after a reload', 2, await measure(findAfterReload)],
    ] as const;
    cache.close();
    return levels.map(([row, level, goal, pairs]) => {
      const p95 = quantile(pairs.subject, 0.95).toFixed(1);
      return ratioLine(pairs, {
        row,
        what: `Send to text: answer from ${level} / from an endpoint that has it ready`,
        goal,
        note: `p95 ${p95} ms, to be shown within ${SHOWN_WITHIN_MS}`,
      });
    });
  },
};
