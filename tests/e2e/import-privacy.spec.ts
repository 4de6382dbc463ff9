/** What comes in may be hostile, and what goes out anonymised may hold nothing private. */
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import type { Page } from '@playwright/test';
import { strFromU8, unzipSync } from 'fflate';
import type { Onggi } from './onggi.ts';
import { expect, test, text } from './seeded.ts';

const AT = (minute: number) => `2026-03-01T10:0${minute}:00.000000Z`;

/** A conversation as Claude exports it. */
function claudeChat(
  name: string,
  messages: readonly Readonly<Record<string, unknown>>[],
  fields: Readonly<Record<string, unknown>> = {},
) {
  return {
    uuid: '11111111-2222-4333-8444-555555555555',
    name,
    created_at: AT(0),
    updated_at: AT(9),
    chat_messages: messages.map((message, index) => ({
      uuid: `11111111-2222-4333-8444-66666666666${index}`,
      sender: index % 2 === 0 ? 'human' : 'assistant',
      created_at: AT(index),
      updated_at: AT(index),
      text: '',
      ...message,
    })),
    ...fields,
  };
}

async function importFile(page: Page, name: string, value: unknown): Promise<void> {
  await page.goto('/#/data');
  const [chooser] = await Promise.all([
    page.waitForEvent('filechooser'),
    page
      .getByRole('region', { name: text('import.title') })
      .getByRole('button', { name: text('import.button'), exact: true })
      .click(),
  ]);
  const buffer = Buffer.from(JSON.stringify(value));
  await chooser.setFiles({ name, mimeType: 'application/json', buffer });
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Import \d+ conversation/ })
    .click();
  await page.getByRole('button', { name: text('import.show') }).waitFor();
}

/** Opens every fold that is there, those that come up when another one opens too. */
async function unfoldAll(page: Page): Promise<void> {
  const closed = page.locator('main details:not([open]) > summary');
  while ((await closed.count()) > 0) await closed.first().click();
}

test.describe('hostile markup in an export of Claude', () => {
  test.use({ isPolicyProvoked: true });

  const BAD =
    '<script>window.__onggiPwned=1</script><img src="https://evil.example/a.png" onerror="window.__onggiPwned=2">' +
    '<svg onload="window.__onggiPwned=3"></svg><iframe src="https://evil.example/frame"></iframe>' +
    '<style>@import "https://evil.example/b.css";</style><link rel="stylesheet" href="https://evil.example/c.css">' +
    '<a href="javascript:window.__onggiPwned=4">here</a>';
  const MARKDOWN =
    '![pixel](https://evil.example/pixel.png) [go](javascript:window.__onggiPwned=5)';

  const everywhere = claudeChat(
    `Pots ${BAD}`,
    [
      {
        content: [{ type: 'text', text: `Question ${BAD} ${MARKDOWN}` }],
        attachments: [{ file_name: `notes${BAD}.txt`, extracted_content: `Pasted ${BAD}` }],
        files: [{ file_name: '"><img src=https://evil.example/f.png onerror=alert(1)>.png' }],
      },
      {
        content: [
          { type: 'thinking', thinking: `Thinking ${BAD} ${MARKDOWN}` },
          { type: 'tool_use', name: `search${BAD}`, input: { query: BAD } },
          { type: 'tool_result', name: 'search', content: [{ type: 'text', text: BAD }] },
          { type: BAD, whatever: BAD, url: 'https://evil.example/part.png' },
          {
            type: 'text',
            text: `Answer ${BAD} ${MARKDOWN}`,
            citations: [
              { title: `Source ${BAD}`, url: 'https://evil.example/source' },
              { title: 'Script', url: 'javascript:window.__onggiPwned=6' },
              { title: 'Data', url: 'data:text/html,<script>window.__onggiPwned=7</script>' },
            ],
          },
        ],
        model: `claude${BAD}`,
      },
    ],
    { project: { uuid: 'p', name: `Folder ${BAD}` }, model: `claude${BAD}` },
  );

  test('runs nothing and asks nothing of anybody, wherever it stands', async ({ start }) => {
    const onggi = await start();
    const { page } = onggi;
    await importFile(page, 'conversations.json', [everywhere]);
    await page.getByRole('button', { name: text('import.show') }).click();
    await expect(onggi.answers.last()).toContainText('Answer');
    await unfoldAll(page);
    await expect(
      onggi.answers
        .last()
        .getByRole('listitem')
        .filter({ hasText: /^\s*Script\s*$/ }),
    ).toBeVisible();

    // As text it is there: what was written is not taken away in silence.
    await expect(onggi.questions.last()).toContainText('Question');
    const found = await page.locator('main').evaluate((main) => ({
      scripts: main.querySelectorAll('script, iframe, object, embed, style, link').length,
      handlers: [...main.querySelectorAll('*')].filter((element) =>
        element.getAttributeNames().some((name) => name.startsWith('on')),
      ).length,
      links: [...main.querySelectorAll<HTMLAnchorElement>('a[href]')].map(
        ({ protocol }) => protocol,
      ),
      pictures: [...main.querySelectorAll('img')].map(({ src }) => src),
    }));
    expect(found).toMatchObject({ scripts: 0, handlers: 0 });
    // The source that is an address is a link; a script is none.
    expect([...new Set(found.links)]).toEqual(['https:']);
    expect(found.pictures.filter((address) => address.includes('evil.example'))).toEqual([]);

    await page.goto('/#/');
    await expect(onggi.conversations.first()).toContainText('Pots');
    expect(await page.evaluate(() => '__onggiPwned' in window)).toBe(false);
  });
});

const PRIVATE = {
  email: 'mina.private@mail.example.org',
  phone: '010-8765-4321',
  card: '4111 1111 1111 1111',
  resident: '900101-1234567',
  key: 'sk-proj-abcdefghij0123456789ABCDEFGHIJ',
  title: 'Divorce papers of Mina',
  folder: 'Clinic Seoul',
  file: 'passport-mina-kim.pdf',
  conversation: '11111111-2222-4333-8444-555555555555',
  question: '11111111-2222-4333-8444-666666666660',
  answer: '11111111-2222-4333-8444-666666666661',
} as const;

/** All that a downloaded file says: every entry of an archive, unpacked. */
function textsIn(name: string, bytes: Buffer): readonly string[] {
  if (name.endsWith('.gz')) return [gunzipSync(bytes).toString('utf8')];
  if (!name.endsWith('.zip')) return [bytes.toString('utf8')];
  const entries = Object.entries(unzipSync(bytes));
  return entries.flatMap(([entry, content]) => [entry, strFromU8(content)]);
}

async function exportAnonymised(onggi: Onggi, format: string): Promise<readonly string[]> {
  const { page } = onggi;
  await page.goto('/#/data');
  await page.getByRole('button', { name: 'Export', exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: format }).check();
  await dialog.getByRole('switch', { name: text('export.anonymise') }).click();
  const drop = dialog.getByRole('switch', { name: text('export.dropTitles') });
  if (!(await drop.isChecked())) await drop.click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    dialog.getByRole('button', { name: text('export.start'), exact: true }).click(),
  ]);
  const bytes = await readFile(await download.path());
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  return [download.suggestedFilename(), ...textsIn(download.suggestedFilename(), bytes)];
}

test('an anonymised file that was downloaded holds none of what is private', async ({ start }) => {
  const onggi = await start();
  const { email, phone, card, resident, key, title, folder, file } = PRIVATE;
  const secrets = `${email}, ${phone}, ${card}, ${resident}, ${key}`;
  const chat = claudeChat(
    title,
    [
      {
        content: [{ type: 'text', text: `Pots and jars: ${secrets}` }],
        files: [{ file_name: file }],
        attachments: [{ file_name: file, extracted_content: `Read out of it: ${secrets}` }],
      },
      {
        content: [
          { type: 'thinking', thinking: `They wrote ${secrets}` },
          { type: 'tool_use', name: 'mail', input: { to: email, text: secrets } },
          {
            type: 'text',
            text: `Clay it is, ${email}.`,
            citations: [{ title: secrets, url: 'https://x.example' }],
          },
        ],
      },
    ],
    { summary: `About ${email}`, project: { uuid: 'p', name: folder } },
  );
  await importFile(onggi.page, 'conversations.json', [chat]);
  await onggi.page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();

  for (const format of ['Archive', 'JSON Every field', 'Markdown A file', 'OpenAI fine-tuning']) {
    const texts = await exportAnonymised(onggi, format);
    const all = texts.join('\n');
    for (const [what, secret] of Object.entries(PRIVATE)) {
      expect(all.includes(secret), `${what} in ${format}`).toBe(false);
    }
    // What was to stay is there: it is not an empty file that holds no secrets.
    expect(all, format).toContain('Pots and jars');
    expect(all, format).toContain('[email]');
  }
});
