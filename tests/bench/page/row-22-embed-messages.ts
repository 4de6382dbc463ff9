import type { OnggiDatabase } from '#db/open-database.ts';
import { createConversation, withAddedMessages } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { MeaningStatus } from '#domain/search.ts';
import { createSearchClient } from '#search/search-client.ts';
import { collectGarbage } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { createRandom, pick } from './seeded-data.ts';
import type { Random } from './seeded-data.ts';
import { watchFrames } from './watch-frames.ts';

const LENGTH = 50;
const WORDS = (
  '오늘 회의 자료 정리 방법 알려 주세요 파이썬 함수 오류 여행 일정 추천 저녁 메뉴 번역 부탁 문장 고쳐 ' +
  'please explain how the cache works in this service and why tests fail after update train ticket recipe ' +
  '日本語 で 説明 して ください 旅行 予定 料理 作り方 请 帮 我 翻译 这 段 文字 并 修改 代码 错误'
).split(' ');

/** Indexing many short messages by meaning, from the first question to the last vector stored. */
export const embedMessages: BenchRow = {
  number: 22,
  async run({ fixtures, isQuick }) {
    const messageCount = isQuick ? 10_000 : 100_000;
    const { database } = await fixtures.empty();
    await fill(database, messageCount);
    const client = createSearchClient({
      db: database,
      createId: () => crypto.randomUUID(),
      createWorker: () =>
        new Worker(new URL('../../../src/search/search.worker.ts', import.meta.url), {
          type: 'module',
        }),
    });
    // What filling left is nothing of indexing.
    collectGarbage();
    const frames = watchFrames();
    const start = performance.now();
    const isDone = new Promise<void>((resolve, reject) => {
      client.watchStatus(({ meaning }: { readonly meaning: MeaningStatus }) => {
        if (meaning.phase === 'ready') resolve();
        if (meaning.phase === 'failed') reject(new Error(String(meaning.errorCode)));
      });
    });
    const request = {
      kind: 'near',
      text: '회의',
      limit: 1,
      leastCosine: 0,
      isInPassing: false,
    } as const;
    await client.ask(request, () => undefined);
    await isDone;
    const seconds = (performance.now() - start) / 1000;
    const longest = frames.stop();
    client.close();
    return [
      {
        row: '22',
        what: `seconds to embed and store ${messageCount} short messages`,
        unit: 'count',
        value: seconds,
        goal: 60,
        spread: null,
        n: 1,
        note: `${Math.round(messageCount / seconds)} messages a second, the model's loading among them`,
      },
      {
        row: '22b',
        what: 'longest frame of the page meanwhile, milliseconds',
        unit: 'count',
        value: longest,
        goal: 50,
        spread: null,
        n: frames.count(),
        note: `by requestAnimationFrame; ${frames.describe()}`,
      },
    ];
  },
};

function sentence(random: Random): string {
  return Array.from({ length: 4 + pick(random, 8) }, () => WORDS[pick(random, WORDS.length)]).join(
    ' ',
  );
}

async function fill({ relaxed: db }: OnggiDatabase, messageCount: number): Promise<void> {
  const random = createRandom(22);
  const sessionId = toSessionId('bench-session');
  for (let index = 0; index < messageCount / LENGTH; index++) {
    const conversationId = toConversationId(`short-${index}`);
    const messages = Array.from({ length: LENGTH }, (_, seq) =>
      createMessage({
        id: toMessageId(`short-${index}-${seq}`),
        conversationId,
        sessionId,
        parentId: null,
        seq,
        role: seq % 2 === 0 ? 'user' : 'assistant',
        content: sentence(random),
        timestamp: index,
      }),
    );
    const empty = createConversation({ id: conversationId, sessionId, createdAt: index });
    const titled = { ...empty, title: sentence(random) };
    await db.conversations.add(withAddedMessages(titled, messages, index));
    await db.messages.bulkAdd(messages);
  }
}
