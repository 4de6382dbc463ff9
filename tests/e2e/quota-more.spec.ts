import type { Page } from '@playwright/test';
import { toMessageId } from '#domain/ids.ts';
import { startModelHub } from '../support/model-hub.ts';
import type { ModelHub } from '../support/model-hub.ts';
import {
  seedConversation,
  seedConversations,
  seedDocument,
  seedDocuments,
} from '../support/seed.ts';
import { takeAllRoom } from '../support/short-of-room.ts';
import { FOLDER, pickWithoutDialog } from './picked-folder.ts';
import { changeRows } from './raw-rows.ts';
import { expect, makeSnapshot, removeFromHere, test, text } from './seeded.ts';
import {
  dropArchive,
  expectTold,
  filterBy,
  noteRefusals,
  readMade,
  sentence,
} from './without-room.ts';
import type { Site } from './without-room.ts';

test.beforeEach(({ page }) => noteRefusals(page));

const counted = seedConversation('Counted', { id: 'counted', daysAgo: 1 });
const jars = seedConversation('Onggi jars', { id: 'jars' });
const [question, answer] = jars.messages;

/** A second version of the answer, which was stopped. */
function withVersions() {
  if (!question || !answer) throw new Error('seed without rows');
  const id = toMessageId('jars/second');
  const second = { ...answer, id, seq: 2, content: 'Half an answer', status: 'stopped' as const };
  const { totalTokens } = jars.conversation;
  return {
    conversation: {
      ...jars.conversation,
      lastSeq: 2,
      messageCount: 3,
      totalTokens: totalTokens + (second.tokenCount ?? 0),
      activeLeafId: id,
    },
    messages: [question, answer, second],
  };
}

const ROWS = {
  ...seedConversations([withVersions(), counted]),
  // The run by itself is not due: only those that are asked for are on the screen.
  maintenanceRuns: [
    { id: 'done', kind: 'scheduled', startedAt: Date.now(), endedAt: Date.now(), report: {} },
  ],
};

const upkeep = (page: Page) => page.getByRole('region', { name: text('upkeep.title') });
const embedder = (page: Page) => page.getByRole('region', { name: text('embedder.title') });

/** Miscounts a conversation below the app, and lets the check find it. */
async function miscount(page: Page): Promise<void> {
  await changeRows(page, [{ table: 'conversations', id: 'counted', changes: { messageCount: 9 } }]);
  await page.goto('/#/storage');
  const found = upkeep(page).getByText('1 conversation with wrong counters');
  const before = await found.count();
  await upkeep(page)
    .getByRole('button', { name: text('upkeep.run') })
    .click();
  await expect(found).toHaveCount(before + 1);
}

async function mend(page: Page): Promise<void> {
  await page.goto('/#/storage');
  const button = { name: text('upkeep.repair'), exact: true };
  await upkeep(page).getByRole('button', button).click();
  await page.getByRole('dialog').getByRole('button', button).click();
}

async function undoImport(page: Page): Promise<void> {
  await page.goto('/#/data');
  await page.getByText('Earlier imports').click();
  await page.getByRole('button', { name: 'Undo' }).first().click();
  await page.getByRole('button', { name: text('import.undo') }).click();
}

const PASSPHRASE = 'five words are a lock';

async function setPassphrase(page: Page): Promise<void> {
  await page.goto('/#/settings/privacy');
  await page.getByRole('button', { name: text('lock.setPassphrase') }).click();
  await page.getByLabel(text('lock.newPassphrase')).fill(PASSPHRASE);
  await page.getByLabel(text('lock.again')).fill(PASSPHRASE);
  await page.getByRole('button', { name: text('common.continue') }).click();
}

/** Opens a dialog of the lock and proves who asks. */
async function askOfLock(page: Page, task: 'lock.change' | 'lock.newCode' | 'lock.remove') {
  await page.goto('/#/settings/privacy');
  await page.getByRole('button', { name: text(task), exact: true }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(text('lock.passphraseOrCode')).fill(PASSPHRASE);
  if (task === 'lock.change') {
    await dialog.getByLabel(text('lock.newPassphrase')).fill('another lock of words');
    await dialog.getByLabel(text('lock.again')).fill('another lock of words');
  }
  await dialog.getByRole('button', { name: text('common.continue') }).click();
}

async function useEndpoint(page: Page): Promise<void> {
  await page.goto('/#/settings/models');
  await embedder(page).getByText(text('embedder.other'), { exact: true }).click();
  await embedder(page)
    .getByRole('radio', { name: text('embedder.kind.endpoint') })
    .check();
  await embedder(page).getByLabel(text('embedder.model')).fill('embed/small');
  await embedder(page)
    .getByRole('button', { name: text('embedder.useEndpoint') })
    .click();
}

let hub: ModelHub;
test.beforeAll(async () => {
  hub = await startModelHub();
});
test.afterAll(() => hub.close());

test('repairs, prices, versions, a lock, an embedder and what is undone are told without room @long', async ({
  start,
  page,
  endpoint,
  allowedOrigins,
}) => {
  test.setTimeout(400_000);
  allowedOrigins.add(hub.origin);
  const onggi = await start({ rows: ROWS, hash: '#/data' });
  page.setDefaultTimeout(10_000);
  await dropArchive(page);
  await page.getByRole('button', { name: 'Import 2 conversations' }).click();
  await expect(onggi.conversations).toHaveCount(4);
  await page.keyboard.press('Escape');
  await miscount(page);
  await mend(page);
  await expect(upkeep(page).getByText('1 conversation mended')).toBeVisible();
  await miscount(page);
  await page.goto('/#/c/jars');
  await expect(onggi.answers.last()).toContainText('Half an answer');
  const before = await readMade(page);
  const room = await takeAllRoom(page);
  const shown = onggi.answers.last();

  const sites: readonly Site[] = [
    ['another version', () => shown.getByRole('button', { name: 'Regenerate' }).click()],
    ['the version on the screen', () => shown.getByRole('button', { name: 'Previous' }).click()],
    ['the rest of an answer', () => shown.getByRole('button', { name: 'Continue' }).click()],
    [
      'a system prompt',
      async () => {
        await page.getByRole('button', { name: text('options.open') }).click();
        await page.getByLabel(text('options.systemPrompt')).fill('Be brief');
        await page.getByLabel(text('options.systemPrompt')).blur();
      },
    ],
    ['a repair', () => mend(page)],
    [
      'a repair that is undone',
      async () => {
        await page.goto('/#/storage');
        await upkeep(page)
          .getByRole('button', { name: text('upkeep.undo') })
          .click();
      },
    ],
    ['an import that is undone', () => undoImport(page)],
    [
      'a price',
      async () => {
        await page.goto('/#/usage');
        const prices = page.getByRole('region', { name: 'Prices', exact: true });
        await prices.getByRole('button', { name: text('usage.price.add') }).click();
        await prices.getByLabel(text('usage.price.model')).fill('echo-fast');
        await prices.getByLabel('Input, per million tokens').fill('1');
        await prices.getByLabel('Output, per million tokens').fill('2');
        await prices.getByRole('button', { name: 'Save' }).click();
      },
    ],
    ['an embedder', () => useEndpoint(page)],
    [
      'a new connection',
      async () => {
        await page.goto('/#/settings/models');
        await page.getByRole('button', { name: text('endpoint.add') }).click();
        await page.getByText('Other address').click();
        await page.getByLabel(text('endpoint.address')).fill(endpoint.localhostUrl);
        await page.getByRole('button', { name: 'Connect', exact: true }).click();
      },
    ],
    [
      'the end of a visit',
      async () => {
        await page.goto('/#/settings/privacy');
        await page.getByRole('button', { name: /^End the visit/ }).click();
      },
    ],
    [
      'new encryption',
      async () => {
        await page.goto('/#/settings/privacy');
        await page.getByRole('button', { name: text('privacy.renew') }).click();
      },
    ],
    ['a lock', () => setPassphrase(page)],
    [
      'a new counting',
      async () => {
        await page.goto('/#/usage');
        await page.getByRole('button', { name: text('usage.recount') }).click();
        await page
          .getByRole('dialog')
          .getByRole('button', { name: text('usage.recount') })
          .click();
      },
    ],
  ];
  for (const site of sites) await expectTold(page, site);

  // What was typed stays where it was typed, and can be downloaded.
  const first = onggi.questions.first();
  await first.hover();
  await first.getByRole('button', { name: text('message.edit') }).click();
  const edited = first.getByRole('textbox', { name: text('message.editField') });
  await edited.fill('What is a crock?');
  await first.getByRole('button', { name: text('message.sendEdited') }).click();
  await expect(sentence(page)).toBeVisible();
  await expect(page.getByText(text('storage.unsavedTitle'))).toBeVisible();
  await expect(edited).toHaveValue('What is a crock?');
  expect(await readMade(page)).toEqual(before);

  // With room, the same again.
  await room.lift();
  await page.reload();
  await expect(onggi.conversations).toHaveCount(4);
  await expect(shown).toContainText('Half an answer');
  expect(await readMade(page)).toEqual(before);
  await shown.getByRole('button', { name: 'Previous' }).click();
  await expect(shown).toContainText('Answer about Onggi jars');
  await mend(page);
  await expect(upkeep(page).getByText('1 conversation mended')).toHaveCount(2);
  await undoImport(page);
  await expect(onggi.conversations).toHaveCount(2);
  await useEndpoint(page);
  await expect(
    embedder(page).getByRole('listitem').filter({ hasText: 'embed/small' }),
  ).toContainText(text('embedder.inUse'));
  await setPassphrase(page);
  await expect(page.getByRole('dialog').locator('.code')).toBeVisible();
});

test('what only this page has, a downloaded model and the data from before a restore wait for room @long', async ({
  start,
  page,
  allowedOrigins,
}) => {
  test.setTimeout(300_000);
  allowedOrigins.add(hub.origin);
  const onggi = await start({ rows: ROWS, settings: { autoSave: false } });
  page.setDefaultTimeout(10_000);
  await makeSnapshot(page);
  await page
    .getByRole('region', { name: text('backup.title') })
    .locator('details')
    .getByRole('button', { name: /^Restore/ })
    .first()
    .click();
  await page.getByRole('button', { name: 'Prepare' }).click();
  await page.getByRole('button', { name: /^(Merge|Replace) now/ }).click();
  const undo = page.getByRole('button', { name: text('restore.undo') });
  await expect(undo).toBeVisible();
  await page.goto('/#/');
  await onggi.ask('not written anywhere');
  const room = await takeAllRoom(page);

  // An unsaved conversation goes on without room, and saving it leaves it where it is.
  await onggi.ask('nor this');
  const save = page
    .getByRole('main')
    .getByRole('button', { name: text('common.save'), exact: true });
  await save.click();
  await expect(sentence(page)).toBeVisible();
  await expect(save).toBeVisible();
  await expect(onggi.questions).toHaveCount(2);

  await page.goto('/#/settings/models');
  await embedder(page).getByText(text('embedder.other'), { exact: true }).click();
  await embedder(page)
    .getByRole('radio', { name: text('embedder.kind.repository') })
    .check();
  await embedder(page).getByLabel(text('embedder.hub')).fill(hub.origin);
  await embedder(page).getByLabel(text('embedder.repository')).fill('big/letters');
  await embedder(page)
    .getByRole('button', { name: text('embedder.lookUp') })
    .click();
  const model = embedder(page).getByRole('listitem').filter({ hasText: 'big/letters' });
  const download = model.getByRole('button', { name: /^Download 9/ });
  await download.click();
  await expect(embedder(page).getByText(text('error.model/no-room'))).toBeVisible();

  await room.lift();
  await embedder(page)
    .getByRole('button', { name: text('embedder.lookUp') })
    .click();
  await download.click();
  await expect(model).toContainText(text('embedder.inUse'), { timeout: 60_000 });
  await onggi.conversations.filter({ hasText: 'not written' }).getByRole('link').click();
  await save.click();
  await expect(save).toBeHidden();
  await page.reload();
  await expect(onggi.questions).toHaveCount(2);
  const saved = await readMade(page);

  // The switch to the older data is refused before anything is closed, or it is done: never half.
  const again = await takeAllRoom(page);
  await page.goto('/#/data');
  await undo.click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: text('restore.undo') })
    .click();
  await expect(sentence(page)).toBeVisible();
  await again.lift();
  await page.reload();
  expect(await readMade(page)).toEqual(saved);
});

test('a lock that is changed, what a notice undoes and a copy in a folder are told without room @long', async ({
  start,
  page,
}) => {
  test.setTimeout(300_000);
  await pickWithoutDialog(page);
  const onggi = await start({ rows: ROWS, hash: '#/data' });
  page.setDefaultTimeout(10_000);
  const card = page.getByRole('region', { name: text('backup.title') });
  await card.getByRole('button', { name: text('backup.chooseFolder') }).click();
  await expect(card.getByRole('listitem').filter({ hasText: FOLDER })).toContainText('last:');
  await setPassphrase(page);
  await page.getByRole('dialog').getByRole('checkbox').check();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: text('common.done') })
    .click();
  await page.goto('/#/c/jars');
  await removeFromHere(onggi.questions.first());
  const undo = page.getByRole('button', { name: 'Undo' });
  await undo.hover();
  const before = await readMade(page);
  const room = await takeAllRoom(page);

  const sites: readonly Site[] = [
    ['what a notice undoes', () => undo.click()],
    ['another passphrase', () => askOfLock(page, 'lock.change')],
    ['a new recovery code', () => askOfLock(page, 'lock.newCode')],
    ['no lock any more', () => askOfLock(page, 'lock.remove')],
    [
      'a copy in a folder',
      async () => {
        await page.goto('/#/data');
        await card.getByRole('button', { name: text('backup.copyIntoFolder') }).click();
      },
    ],
  ];
  for (const site of sites) await expectTold(page, site);
  expect(await readMade(page)).toEqual(before);

  // The lock is as it was: the passphrase opens it, the other one does not.
  await room.lift();
  await page.reload();
  await page.getByLabel(text('lock.passphraseOrCode')).fill('another lock of words');
  await page.getByRole('button', { name: text('lock.unlock') }).click();
  await expect(page.getByText(text('lock.wrong'))).toBeVisible();
  await page.getByLabel(text('lock.passphraseOrCode')).fill(PASSPHRASE);
  await page.getByRole('button', { name: text('lock.unlock') }).click();
  await expect(onggi.conversations).toHaveCount(2);
  await askOfLock(page, 'lock.remove');
  await expect(page.getByRole('button', { name: text('lock.setPassphrase') })).toBeVisible();
});

test('the library, the trash, a connection and what is done to several are told without room @long', async ({
  start,
  page,
}) => {
  test.setTimeout(300_000);
  const onggi = await start({
    rows: {
      ...seedConversations([
        jars,
        seedConversation('Kimchi', { id: 'kimchi', daysAgo: 1 }),
        seedConversation('Doenjang', { id: 'doenjang', daysAgo: 2 }),
        seedConversation('Thrown away', { id: 'thrown', status: 'deleted', deletedAt: Date.now() }),
      ]),
      ...seedDocuments([seedDocument('jars.txt', 'Onggi breathe. '.repeat(400))]),
    },
    hash: '#/c/jars',
  });
  page.setDefaultTimeout(10_000);
  await expect(onggi.answers).toHaveCount(1);
  const before = await readMade(page);
  const room = await takeAllRoom(page);

  const ofDocument = async (entry: string) => {
    await page.goto('/#/library');
    await page
      .getByRole('button', { name: text('conversation.menu', { title: 'jars.txt' }) })
      .click();
    await page.getByRole('button', { name: entry, exact: true }).click();
  };
  const ofThrownAway = async (entry: string) => {
    await filterBy(page, text('list.trash'));
    const thrown = onggi.conversations.filter({ hasText: 'Thrown away' });
    await thrown.hover();
    await thrown
      .getByRole('button', { name: text('conversation.menu', { title: 'Thrown away' }) })
      .click();
    await thrown.getByRole('button', { name: entry, exact: true }).click();
  };
  const ofSeveral = async (entry: string) => {
    await filterBy(page, text('list.active'));
    await page.getByRole('button', { name: text('list.select'), exact: true }).click();
    for (const title of ['Kimchi', 'Doenjang']) {
      await page.getByRole('checkbox', { name: text('list.selectOne', { title }) }).check();
    }
    const bar = page.getByRole('toolbar', { name: text('selection.name') });
    await bar.getByRole('button', { name: entry, exact: true }).click();
  };
  const sites: readonly Site[] = [
    [
      'another name of a document',
      async () => {
        await ofDocument(text('conversation.rename'));
        const field = page.getByRole('textbox', { name: text('library.nameField') });
        await field.fill('Crocks');
        await field.press('Enter');
      },
    ],
    ['a document that goes', () => ofDocument(text('common.delete'))],
    ['what is taken out of the trash', () => ofThrownAway(text('conversation.restore'))],
    [
      'what is deleted for good',
      async () => {
        await ofThrownAway(text('conversation.purge'));
        await page
          .getByRole('dialog')
          .getByRole('button', { name: text('list.purge') })
          .click();
      },
    ],
    ['several that are archived', () => ofSeveral(text('conversation.archive'))],
    [
      'a connection that goes',
      async () => {
        await page.goto('/#/settings/models');
        await page
          .getByRole('button', { name: text('endpoint.removeOne', { name: 'Test server' }) })
          .click();
        await page
          .getByRole('dialog')
          .getByRole('button', { name: text('endpoint.remove') })
          .click();
      },
    ],
    // Last, for its sentence stays in the list of what was not added.
    [
      'a new document',
      async () => {
        await page.goto('/#/library');
        const chooser = page.waitForEvent('filechooser');
        await page.getByRole('button', { name: 'Add documents', exact: true }).click();
        const buffer = Buffer.from('Jars stand in the sun.');
        await (await chooser).setFiles([{ name: 'sun.txt', mimeType: 'text/plain', buffer }]);
      },
    ],
  ];
  for (const site of sites) await expectTold(page, site);
  expect(await readMade(page)).toEqual(before);
  await room.lift();
});
