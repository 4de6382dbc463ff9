import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { unzipSync } from 'fflate';
import { createChatgptArchive } from '../support/chatgpt-archive.ts';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';

// Parsing the hostile markup in the archive makes the browser report what it refuses.
test.use({ isPolicyProvoked: true, permissions: ['clipboard-read', 'clipboard-write'] });

test('an unpacked export comes in as a folder, with a report to keep; a conversation leaves as Markdown and on paper', async ({
  start,
}) => {
  const onggi = await start();
  const { page } = onggi;
  const folder = await mkdtemp(path.join(tmpdir(), 'onggi-export-'));
  try {
    for (const [name, bytes] of Object.entries(unzipSync(createChatgptArchive()))) {
      const file = path.join(folder, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, bytes);
    }
    await page.goto('/#/data');
    const [chooser] = await Promise.all([
      page.waitForEvent('filechooser'),
      page.getByRole('button', { name: text('import.folder') }).click(),
    ]);
    await chooser.setFiles(folder);
    await page.getByRole('button', { name: 'Import 2 conversations' }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: text('import.report') }).click(),
    ]);
    const report: unknown = JSON.parse(await readFile(await download.path(), 'utf8'));
    expect(report).toMatchObject({
      sources: [{ source: 'chatgpt', newCount: 2, updatedCount: 0, unchangedCount: 0 }],
      skipped: [
        { reason: 'not_an_object', count: 1 },
        { reason: 'empty_conversation', count: 1, examples: ['Nothing in it'] },
      ],
      refused: [],
      storedAttachmentCount: 1,
      isCancelled: false,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }

  await page.getByRole('button', { name: text('import.show') }).click();
  const entry = onggi.conversations.filter({ hasText: '김치찌개' });
  await entry.getByRole('link').click();
  await expect(onggi.answers.last()).toContainText('두부를 넣어도 좋아요.');
  await entry.getByRole('button', { name: /^More for/ }).click();
  await page.getByRole('button', { name: text('export.copyMarkdown') }).click();
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toMatch(/^# 김치찌개 2인분\n[^]*\n두부를 넣어도 좋아요\.\n/);

  await page.evaluate(() => {
    Object.assign(window, { print: () => Object.assign(window, { isPrinted: true }) });
  });
  await entry.getByRole('button', { name: /^More for/ }).click();
  await entry.getByRole('button', { name: text('export.print') }).click();
  const paper = page.getByRole('article', { name: text('print.title') });
  await expect(paper.getByRole('heading', { level: 1 })).toHaveText('김치찌개 2인분');
  await expect(paper).toContainText('두부를 넣어도 좋아요.');
  await page
    .getByRole('main')
    .getByRole('button', { name: text('export.print') })
    .click();
  expect(await page.evaluate(() => 'isPrinted' in window)).toBe(true);
  await page.emulateMedia({ media: 'print' });
  await expect(paper).toBeVisible();
  await expect(page.getByRole('complementary', { name: 'Sidebar' })).toBeHidden();
});

test('a temporary conversation can be copied and printed, and is still there after it', async ({
  start,
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const onggi = await start();
  await page.keyboard.press("ControlOrMeta+Shift+'");
  await onggi.ask('Only here');
  const item = page.getByRole('complementary').getByRole('listitem');
  const choose = async (entry: string) => {
    await item.hover();
    await item.getByRole('button', { name: /^More for/ }).click();
    await item.getByRole('button', { name: entry }).click();
  };
  await choose(text('export.copyMarkdown'));
  await expect
    .poll(() => page.evaluate(() => navigator.clipboard.readText()))
    .toMatch(/Only here\n[^]*Only here/);
  await choose(text('export.print'));
  const paper = page.getByRole('article', { name: text('print.title') });
  await expect(paper.getByRole('heading', { level: 2 })).toHaveCount(2);
  await page.getByRole('link', { name: 'Back' }).click();
  await expect(onggi.answers).toHaveCount(1);
});

test('a temporary conversation leaves as a file, and is written nowhere else', async ({
  start,
  page,
}) => {
  const onggi = await start();
  await page.keyboard.press("ControlOrMeta+Shift+'");
  await onggi.ask('Only in this tab');
  const item = page.getByRole('complementary').getByRole('listitem');
  const dialog = page.getByRole('dialog');
  const take = async (choice: string) => {
    await item.hover();
    await item.getByRole('button', { name: /^More for/ }).click();
    await item.getByRole('button', { name: text('export.conversation') }).click();
    await expect(dialog.getByRole('radio')).toHaveCount(2);
    await dialog.getByRole('radio', { name: choice }).check();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: text('export.start') }).click(),
    ]);
    await expect(dialog.getByRole('status')).toBeVisible();
    await dialog
      .getByRole('button', { name: text('common.close') })
      .last()
      .click();
    return {
      name: download.suggestedFilename(),
      said: await readFile(await download.path(), 'utf8'),
    };
  };
  const markdown = await take('Markdown');
  expect(markdown.name).toMatch(/^onggi_.+\.md$/);
  expect(markdown.said).toMatch(/## User[^]*Only in this tab[^]*## Assistant[^]*Only in this tab/);
  const json = JSON.parse((await take('JSON')).said) as { messages: { content: string }[] };
  expect(json.messages.map(({ content }) => content)).toEqual([
    'Only in this tab',
    expect.stringContaining('Only in this tab'),
  ]);
  await page.reload();
  await expect(page.getByRole('complementary').getByRole('listitem')).toHaveCount(0);
});

test('on paper stand the reasoning, the sources with their addresses, and the names of files', async ({
  start,
}) => {
  const seed = seedConversation('옹기와 발효', { id: 'paper' });
  const [question, answer] = seed.messages;
  if (!question || !answer) throw new Error('no messages');
  const photo = { id: 'photo', name: '장독대.jpg', mediaType: 'image/jpeg', sizeBytes: 3 };
  const messages = [
    { ...question, content: '옹기는 왜 숨을 쉰다고 해요?', attachments: [photo] },
    {
      ...answer,
      content: 'The wall has **fine pores**.',
      reasoning: '먼저 흙의 성질을 떠올려 보자.\nPores of 1 to 20 µm.',
      metadata: {
        citations: [
          { title: 'Onggi and air', url: 'https://example.org/onggi?page=2' },
          { title: null, url: 'https://example.org/bare' },
          { title: 'A book without an address', url: 'javascript:alert(1)' },
        ],
      },
    },
  ];
  const rows = { conversations: [seed.conversation], messages };
  const { page } = await start({ rows, hash: '#/print/paper' });
  await page.emulateMedia({ media: 'print' });
  const paper = page.getByRole('article', { name: text('print.title') });
  await expect(paper).toContainText('장독대.jpg');
  await expect(paper.getByText('먼저 흙의 성질을 떠올려 보자.')).toBeVisible();
  await expect(paper.getByRole('listitem')).toHaveText([
    /^Onggi and air\s+https:\/\/example\.org\/onggi\?page=2$/,
    'https://example.org/bare',
    'A book without an address',
  ]);
});

test('what a model learns from and whether comments go along are choices of the export', async ({
  start,
}) => {
  const rows = seedConversations([
    seedConversation('Jars', { id: 'jars', texts: ['A jar?', 'A lid.', 'And a pot?', 'A pot.'] }),
  ]);
  const messages = (rows.messages ?? []).map((message) =>
    message.seq === 1 ? { ...message, rating: 1 as const, feedback: 'not what I asked' } : message,
  );
  const { page } = await start({ rows: { ...rows, messages } });

  /** The file of a format, after these switches were turned. */
  async function exportAs(format: string, ...switches: readonly string[]): Promise<string> {
    await page.goto('/#/data');
    await page.getByRole('button', { name: text('export.button'), exact: true }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radio', { name: format }).check();
    for (const name of switches) await dialog.getByRole('switch', { name }).click();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('button', { name: text('export.start'), exact: true }).click(),
    ]);
    const content = await readFile(await download.path(), 'utf8');
    await dialog
      .getByRole('button', { name: text('common.close') })
      .last()
      .click();
    return content;
  }

  const tuning = 'OpenAI fine-tuning';
  expect(await exportAs(tuning)).not.toContain('weight');
  expect(await exportAs(tuning, text('export.skipPoorAnswers'))).toContain(
    '{"role":"assistant","content":"A lid.","weight":0}',
  );
  const json = 'JSON Every field';
  const anonymise = text('export.anonymise');
  expect(await exportAs(json, anonymise)).not.toContain('not what I asked');
  expect(await exportAs(json, anonymise, text('export.dropFeedback'))).toContain(
    'not what I asked',
  );
});
