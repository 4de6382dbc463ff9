import type { SeedRows } from '../support/seed.ts';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { expect, test, text } from './seeded.ts';

const texts = ['A jar of clay', 'It holds water'];

/** Conversations that all hold the word, each with something of its own. */
function seedRows(): Pick<SeedRows, 'conversations' | 'messages'> {
  const { conversations = [], messages = [] } = seedConversations([
    seedConversation('Plain', { texts, daysAgo: 2 }),
    seedConversation('Old', { texts, daysAgo: 800 }),
    seedConversation('Tagged', { texts, daysAgo: 2, tags: ['two words'] }),
    seedConversation('Imported', { texts, daysAgo: 2, source: 'chatgpt' }),
    seedConversation('Archived', { texts, daysAgo: 2, status: 'archived' }),
    seedConversation('Pinned', { texts, daysAgo: 2, pinned: 1 }),
    seedConversation('Thrown away', { texts, daysAgo: 2, status: 'deleted', deletedAt: 1 }),
    seedConversation('Attached', { texts, daysAgo: 2 }),
    seedConversation('Other model', { texts: ['Clay?', 'A jar of clay'], daysAgo: 2 }),
  ]);
  const attachment = { id: 'file', name: 'jar.txt', mediaType: 'text/plain', sizeBytes: 1 };
  return {
    conversations,
    messages: messages.map((message) => ({
      ...message,
      ...(message.id === 'Attached/0' && { attachments: [attachment] }),
      ...(message.id === 'Other model/1' && { modelUsed: 'other-model' }),
    })),
  };
}

const EVERYTHING = [
  ...['Archived', 'Attached', 'Imported', 'Old', 'Other model', 'Pinned', 'Plain', 'Tagged'],
];
const without = (...titles: readonly string[]) =>
  EVERYTHING.filter((title) => !titles.includes(title));

test('each chip narrows the results, and taken away widens them again', async ({ start, page }) => {
  await start({ rows: seedRows(), hash: '#/search' });
  const box = page.getByRole('main').getByRole('searchbox', { name: text('sidebar.search') });
  const filters = page.getByRole('group', { name: text('search.filters') });
  const titles = page
    .getByRole('list', { name: text('search.results') })
    .getByRole('listitem')
    .filter({ has: page.locator('mark') })
    .getByRole('heading');
  const found = async () => (await titles.allTextContents()).map((title) => title.trim()).sort();
  const open = (menu: string) => filters.getByRole('button', { name: menu, exact: true }).click();
  await box.fill('jar');
  await expect.poll(found).toEqual(EVERYTHING);

  const CHIPS: readonly (readonly [
    menu: string,
    entry: string,
    typed: RegExp,
    found: readonly string[],
  ])[] = [
    [text('search.time'), text('search.lastWeek'), /^jar after:\d{4}-\d\d-\d\d$/, without('Old')],
    [text('search.time'), text('search.lastYear'), /^jar after:\d{4}-\d\d-\d\d$/, without('Old')],
    [
      text('search.filter.role'),
      text('search.role.user'),
      /^jar role:user$/,
      without('Other model'),
    ],
    [
      text('search.filter.role'),
      text('search.role.assistant'),
      /^jar role:assistant$/,
      ['Other model'],
    ],
    [text('search.filter.tag'), 'two words', /^jar tag:"two words"$/, ['Tagged']],
    [text('search.filter.model'), 'other-model', /^jar model:other-model$/, ['Other model']],
    [text('search.filter.source'), 'ChatGPT', /^jar source:chatgpt$/, ['Imported']],
    [text('search.filter.source'), 'onggi', /^jar source:onggi$/, without('Imported')],
    [text('search.filter.is'), text('search.is.archived'), /^jar is:archived$/, ['Archived']],
    [text('search.filter.is'), text('search.is.deleted'), /^jar is:deleted$/, ['Thrown away']],
    [text('search.filter.is'), text('search.is.pinned'), /^jar is:pinned$/, ['Pinned']],
    [text('search.filter.is'), text('search.has.attachment'), /^jar has:attachment$/, ['Attached']],
  ];
  for (const [menu, entry, typed, titlesFound] of CHIPS) {
    await open(menu);
    await filters.getByRole('button', { name: entry, exact: true }).click();
    await expect(box).toHaveValue(typed);
    await expect.poll(found, entry).toEqual(titlesFound);
    // What is chosen stands before the menus.
    await filters.getByRole('button').first().click();
    await expect(box).toHaveValue('jar');
    await expect.poll(found, `without ${entry}`).toEqual(EVERYTHING);
  }

  // Days that are picked, both at once: the menu stays open for the next.
  const year = new Date().getFullYear();
  await open(text('search.time'));
  for (const [key, day, typed, titlesFound] of [
    ['before', `${year - 1}-01-01`, `jar before:${year - 1}-01-01`, ['Old']],
    ['after', `${year - 4}-01-01`, `jar before:${year - 1}-01-01 after:${year - 4}-01-01`, ['Old']],
    ['after', `${year - 1}-01-01`, `jar before:${year - 1}-01-01 after:${year - 1}-01-01`, []],
  ] as const) {
    await filters
      .getByRole('textbox', { name: text(`search.filter.${key}`), exact: true })
      .fill(day);
    await expect(box).toHaveValue(typed);
    await expect.poll(found, typed).toEqual(titlesFound);
  }
});
