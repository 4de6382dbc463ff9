import { readFile } from 'node:fs/promises';
import { strToU8, zipSync } from 'fflate';
import { expect, test, text } from './seeded.ts';

const AT = (day: number) => `2025-03-0${day}T10:00:00.000000Z`;

/** A conversation as Claude exports it, its answer made with a tool. */
const chat = (name: string, day: number) => ({
  uuid: `00000000-0000-4000-8000-00000000000${day}`,
  name,
  created_at: AT(day),
  updated_at: AT(day),
  account: { uuid: '00000000-0000-4000-8000-0000000000aa' },
  chat_messages: [
    {
      uuid: `00000000-0000-4000-8000-0000000001${day}0`,
      text: 'Weather?',
      content: [{ type: 'text', text: 'Weather?' }],
      sender: 'human',
      created_at: AT(day),
      updated_at: AT(day),
      attachments: [],
      files: [],
    },
    {
      uuid: `00000000-0000-4000-8000-0000000001${day}1`,
      text: `Sunny for ${name}`,
      content: [
        { type: 'tool_use', name: 'web_search', input: { query: 'weather' } },
        { type: 'tool_result', name: 'web_search', content: [{ type: 'text', text: 'sun' }] },
        { type: 'text', text: `Sunny for ${name}` },
      ],
      sender: 'assistant',
      created_at: AT(day),
      updated_at: AT(day),
      attachments: [],
      files: [],
    },
  ],
});

test('the newest of what was imported is shown, tools by name; a cut file stands apart', async ({
  start,
  page,
}) => {
  const onggi = await start();
  await page.goto('/#/data');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page
      .getByRole('region', { name: text('import.title') })
      .getByRole('button', { name: text('import.button'), exact: true })
      .click(),
  ]);
  const cut = JSON.stringify([chat('Oldest', 1), chat('Lost', 2)]).slice(0, -200);
  const files = [
    ['cut.json', cut],
    ['conversations.json', JSON.stringify([chat('Newest', 5), chat('Older', 4)])],
    ['strange.json', '{"nobody": ["knows", "this"]}'],
  ] as const;
  await chooser.setFiles(
    files.map(([name, json]) => ({
      name,
      mimeType: 'application/json',
      buffer: Buffer.from(json),
    })),
  );
  const dialog = page.getByRole('dialog');
  const group = (heading: string) =>
    dialog.locator('section', { has: page.getByRole('heading', { name: heading, exact: true }) });
  await expect(group(text('import.refusedPart')).getByRole('listitem')).toContainText(['cut.json']);
  await expect(group(text('import.refused')).getByRole('listitem')).toContainText(['strange.json']);

  await dialog.getByRole('button', { name: /^Import \d+ conversation/ }).click();
  await dialog.getByRole('button', { name: text('import.show') }).click();
  await expect(onggi.answers.last()).toContainText('Sunny for Newest');
  const parts = onggi.answers.last().locator('summary');
  await expect(parts).toHaveText([
    `${text('message.toolCall')} · web_search`,
    `${text('message.toolResult')} · web_search`,
  ]);
});

test('of very many files that could not be read the rest is counted, in the report too', async ({
  start,
  page,
}) => {
  await start();
  await page.goto('/#/data');
  const strange = Array.from({ length: 203 }, (_, at) => [`${at}.json`, strToU8(`{"a":${at}}`)]);
  const archive = zipSync({
    ...(Object.fromEntries(strange) as Record<string, Uint8Array>),
    'conversations.json': strToU8(JSON.stringify([chat('Only one', 1)])),
  });
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page
      .getByRole('region', { name: text('import.title') })
      .getByRole('button', { name: text('import.button'), exact: true })
      .click(),
  ]);
  await chooser.setFiles({ name: 'all.zip', mimeType: '', buffer: Buffer.from(archive) });
  const dialog = page.getByRole('dialog');
  const rest = text('import.refusedMore', { count: '3' });
  await expect(dialog.getByText(rest)).toBeVisible();
  await dialog.getByRole('button', { name: /^Import \d+ conversation/ }).click();
  await dialog.getByRole('button', { name: text('import.show') }).waitFor();
  await expect(dialog.getByText(rest)).toBeVisible();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: text('import.report') }).click(),
  ]);
  const report = JSON.parse(await readFile(await download.path(), 'utf8')) as {
    refused: readonly unknown[];
    unnamedRefusedCount?: number;
  };
  expect([report.refused.length, report.unnamedRefusedCount]).toEqual([200, 3]);
});

test('what ChatGPT shows closed stands closed, with its thoughts, files and blocks', async ({
  start,
  page,
}) => {
  const onggi = await start();
  await page.goto('/#/data');
  const node = (id: string, parent: string | null, role: string, more: object) => ({
    id,
    parent,
    message: { id, author: { role }, create_time: 1_700_000_000, metadata: {}, ...more },
  });
  const words = (text: string) => ({ content_type: 'text', parts: [text] });
  const groups = [{ domain: 'pots.example', entries: [{ url: 'https://pots.example/kiln' }] }];
  const nodes = [
    node('u', null, 'user', { content: words('How hot is a kiln?') }),
    node('c', 'u', 'assistant', {
      recipient: 'python',
      content: { content_type: 'code', language: 'python', text: 'print(1200)' },
      metadata: {
        attachments: [{ id: 'file-kiln', name: 'kiln.csv', size: 3 }],
        search_result_groups: groups,
      },
    }),
    node('o', 'c', 'tool', { content: { content_type: 'execution_output', text: '1200 degrees' } }),
    node('a', 'o', 'assistant', { content: words('Very hot.') }),
  ];
  const conversation = {
    id: 'kiln',
    title: 'Kiln',
    create_time: 1_700_000_000,
    current_node: 'a',
    mapping: Object.fromEntries(nodes.map((each) => [each.id, each])),
  };
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page
      .getByRole('region', { name: text('import.title') })
      .getByRole('button', { name: text('import.button'), exact: true })
      .click(),
  ]);
  await chooser.setFiles({
    name: 'conversations.json',
    mimeType: 'application/json',
    buffer: Buffer.from(JSON.stringify([conversation])),
  });
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /^Import 1 conversation/ }).click();
  await dialog.getByRole('button', { name: text('import.show') }).click();
  await expect(onggi.answers.last()).toContainText('Very hot.');

  // The output of code is no step that is hidden, but it is closed.
  const output = page.locator('details[data-message]').filter({ hasText: '1200 degrees' });
  await expect(output.getByText('1200 degrees')).toBeHidden();
  await output.getByText(text('message.tool'), { exact: true }).click();
  await expect(output.getByText('1200 degrees')).toBeVisible();

  const step = page.locator('details[data-message]').filter({ hasText: 'print(1200)' });
  await step.locator('summary').first().click();
  await expect(step).toContainText('kiln.csv');
  await step.getByText(text('message.searchResults')).click();
  const link = step.getByRole('link', { name: 'https://pots.example/kiln' });
  await expect(link).toHaveAttribute('rel', 'noopener noreferrer');
});

test('a long text that was pasted into Claude can be opened from its message', async ({
  start,
  page,
}) => {
  await start();
  await page.goto('/#/data');
  const pasted = `${'흙은 숨을 쉰다. 😀\n'.repeat(400)}The end.`;
  const talk = chat('With a paste', 1);
  const [question, answer] = talk.chat_messages;
  const attachments = [{ file_name: '', file_type: '', file_size: 9, extracted_content: pasted }];
  const given = { ...talk, chat_messages: [{ ...question, attachments }, answer] };
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page
      .getByRole('region', { name: text('import.title') })
      .getByRole('button', { name: text('import.button'), exact: true })
      .click(),
  ]);
  const buffer = Buffer.from(JSON.stringify([given]));
  await chooser.setFiles({ name: 'conversations.json', mimeType: 'application/json', buffer });
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: /^Import \d+ conversation/ }).click();
  await dialog.getByRole('button', { name: text('import.show') }).click();
  const files = page.getByRole('list', { name: text('message.attachments') });
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    files.getByRole('button', { name: 'pasted.txt' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('pasted.txt');
  expect(await readFile(await download.path(), 'utf8')).toBe(pasted);
});
