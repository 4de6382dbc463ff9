import { existsSync, readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { foldText } from '#domain/fold-text.ts';
import type { Onggi } from './onggi.ts';
import { expect, isKeptOffline, saysMeaning, test, text } from './seeded.ts';

const CORPORA = new URL('../../../shared/samples/corpora/', import.meta.url);
/** Those that hold conversations. */
const NAMES = ['en-arena-hard-gpt35', 'en-sgd-dev', 'ko-3i4k-test', 'ko-chatbotdata'];

interface Line {
  readonly id?: string;
  readonly title?: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
}

/** 150 short conversations in four languages, which the corpora do not have. */
function readOwnConversations(): readonly Line[] {
  const file = new URL('../bench/quality/conversations.tsv', import.meta.url);
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => {
      const [id = '', title = '', question = '', answer = ''] = row.split('\t');
      const messages = [
        { role: 'user', content: question },
        { role: 'assistant', content: answer },
      ];
      return { id, title, messages };
    });
}

const parseLines = (lines: string): readonly Line[] =>
  lines
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Line);

/** How many conversations hold the query as it stands, by reading them all. */
function countByReading(all: readonly Line[], query: string): number {
  const wanted = foldText(query);
  return all.filter(({ title = '', messages }) =>
    [title, ...messages.map(({ content }) => content)].some((each) =>
      foldText(each).includes(wanted),
    ),
  ).length;
}

/** Words as they stand there, of one or two characters too; found exactly as often as by reading all. */
const EXACT = ['꿀', '우산', 'SCIM', 'rust', '味噌', '猫', '红烧', '狗'];
/** Words with another ending, and how the conversation they are in is called. */
const INFLECTED = [
  ['스트레칭은', '허리 통증 스트레칭'],
  ['강아지가', '강아지 분리불안'],
] as const;
/** Questions that share no word with what they are about; the last goes from language to language. */
const BY_MEANING = [
  ['혼자 두면 개가 계속 짖는 문제', '강아지 분리불안'],
  ['dripping sink', 'Leaking kitchen tap'],
  ['体重を減らしたい', 'ダイエットが続かない'],
  ['小孩挑食不肯吃东西', '孩子不爱吃饭'],
  ['laptop battery life when always plugged in', '노트북 배터리 수명'],
] as const;

async function importFiles(page: Page, files: readonly { name: string; buffer: Buffer }[]) {
  await page.goto('/#/data');
  const card = page.getByRole('region', { name: text('import.title') });
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    card.getByRole('button', { name: text('import.button') }).click(),
  ]);
  await chooser.setFiles(files.map((file) => ({ ...file, mimeType: 'application/jsonl' })));
  await page.getByRole('button', { name: /^Import [\d,]+ conversations$/ }).click();
  await page.getByRole('button', { name: text('import.show') }).click({ timeout: 90_000 });
}

/** Everything that search needs after a reload, and the model of meaning. */
const KEPT_OFFLINE = [
  '/assets/SearchEntry-',
  '/assets/FindBar-',
  '/workers/search.worker-',
  '/workers/embedding.worker-',
  '/models/onggi/static-multilingual/',
];

/** Asks everything there is to ask, of the search screen. */
async function searchInFourLanguages(page: Page, all: readonly Line[]): Promise<void> {
  await page.goto('/#/search');
  const box = page.getByRole('main').getByRole('searchbox', { name: text('sidebar.search') });
  const list = page.getByRole('list', { name: text('search.results') });
  const results = list.getByRole('listitem');
  const summary = page.getByRole('status').filter({ hasText: /^Results/ });
  for (const query of EXACT) {
    await box.fill(query);
    const count = countByReading(all, query);
    expect(count, query).toBeGreaterThan(0);
    // By words alone, or beside those that are near in meaning.
    await expect(summary, query).toHaveText(new RegExp(`^Results(?: by words)?: ${count},`));
    const marks = results.filter({ has: page.locator('mark') }).locator('mark');
    await expect(marks.first(), query).toHaveText(new RegExp(query, 'i'));
  }
  for (const [query, title] of INFLECTED) {
    await box.fill(query);
    await expect(results.filter({ hasText: title }).locator('mark').first(), query).toBeVisible();
  }
  for (const [query, title] of BY_MEANING) {
    await box.fill(query);
    const found = results.filter({ has: page.getByRole('heading', { name: title }) });
    // The model is fetched and 30,000 messages are embedded meanwhile.
    await expect(found, query).toContainText(saysMeaning, { timeout: 120_000 });
  }
}

/** Opens a conversation of many messages at the one that was found, in its middle. */
async function openAtHit(onggi: Onggi, query: string, message: string): Promise<void> {
  const { page } = onggi;
  await page.goto(`/#/search?q=${encodeURIComponent(query)}`);
  const results = page.getByRole('list', { name: text('search.results') });
  await results.getByRole('link').filter({ hasText: message }).click();
  await expect(onggi.log.getByText(message)).toBeInViewport();
  const find = page.getByRole('search', { name: text('find.open') });
  await expect(find.getByRole('status')).toHaveText(text('find.count', { position: 1, total: 1 }));
  const marked = await page.evaluate(() =>
    [...(CSS.highlights.get('onggi-found-here') ?? [])].map((range) =>
      range.startContainer.textContent?.slice(range.startOffset, range.endOffset),
    ),
  );
  expect(marked).toEqual([query]);
}

test.describe('the sample corpora @long', () => {
  test.skip(!existsSync(CORPORA), 'needs ../shared/samples/corpora beside the repository');
  test.use({ serviceWorkers: 'allow' });

  test('are searched in four languages, by words and by meaning, online and after a reload offline', async ({
    start,
    context,
  }) => {
    test.setTimeout(300_000);
    const own = readOwnConversations();
    const corpora = NAMES.map((name) => `${name}.jsonl`).map((name) => ({
      name,
      buffer: readFileSync(new URL(name, CORPORA)),
    }));
    const all = [...own, ...corpora.flatMap(({ buffer }) => parseLines(buffer.toString()))];
    const onggi = await start();
    const { page } = onggi;
    const lines = own.map((line) => JSON.stringify(line)).join('\n');
    await importFiles(page, [{ name: 'own.jsonl', buffer: Buffer.from(lines) }, ...corpora]);

    await searchInFourLanguages(page, all);
    await openAtHit(onggi, '가스불', '가스불 켜놓고 나온거 같아');

    await expect.poll(() => isKeptOffline(page, KEPT_OFFLINE), { timeout: 60_000 }).toBe(true);
    await context.setOffline(true);
    await page.goto('/');
    await page.reload();
    await searchInFourLanguages(page, all);
    await openAtHit(onggi, '가스불', '가스불 켜놓고 나온거 같아');
  });
});
