import { expect, onTestFinished, test } from 'vitest';
import type { SearchAnswer } from '#search/search-messages.ts';
import { openForTest } from '../db/fresh-database.ts';
import { addRows, conversationOf, startTestClient } from './support.ts';

const ODD: readonly (readonly [name: string, text: string])[] = [
  ['spaces', '   \u3000\t'],
  ['punctuation', '?!…'],
  ['half a surrogate pair', '\ud83d'],
  ['the other half', 'cat \udc31'],
  ['combining marks', '\u0301\u0302'],
  ['a mark on every letter', 'c\u0301a\u0301t\u0301'],
  ['nothing to see', '\u200b\u200d\ufeff'],
  ['a zero byte', '\0'],
  ['a hundred thousand characters', '고양이'.repeat(33_334)],
  ['a hundred thousand marks', `a${'\u0301'.repeat(100_000)}`],
  ['a hundred thousand words', 'cat '.repeat(25_000)],
  ['a cut in the middle of a pair', `a${'😀'.repeat(50_000)}`],
];

test('an odd question is answered, by words and by meaning, and the next one as ever', async () => {
  const db = await openForTest();
  await addRows(
    db,
    conversationOf('cat', ['My cat refuses to eat since yesterday', 'Take it to the vet.']),
    conversationOf('printer', ['네트워크 프린터를 어떻게 설정하나요?', '제어판을 여세요.']),
  );
  const client = startTestClient(db);
  async function ask(text: string): Promise<readonly string[]> {
    let last: SearchAnswer | undefined;
    const request = { kind: 'near', text, words: text, limit: 5, leastCosine: 0.3 } as const;
    await client.ask({ ...request, isInPassing: false }, (answer) => (last = answer));
    return last?.kind === 'fused' ? last.groups.map(({ id }) => id) : ['no answer'];
  }
  const usual = () => ask('고양이가 밥을 안 먹어요');
  await expect.poll(usual, { timeout: 20_000 }).toEqual(['cat']);
  const restarts: (number | undefined)[] = [];
  onTestFinished(client.watchStatus(({ restartCount }) => restarts.push(restartCount)));
  for (const [name, text] of ODD) {
    expect(await ask(text), name).not.toContain('no answer');
    expect(await usual(), `after ${name}`).toEqual(['cat']);
  }
  expect(restarts.at(-1)).toBe(0);
});
