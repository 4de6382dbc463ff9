import type { Locator, Page } from '@playwright/test';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { toMessageId } from '#domain/ids.ts';
import { chatRequests, expect, removeFromHere, test, text } from './seeded.ts';

const ECHO = 'This is what reached the test server';
const HASH = '#/c/jars';

const jars = (texts: readonly string[]) =>
  seedConversations([seedConversation('Jars', { id: 'jars', texts })]);

const SHORT = jars(['What is a jar?', 'A seeded answer.']);
const LONG = jars(['What is a jar?', 'A seeded answer.', 'And a lid?', 'A lid is seeded too.']);

const version = (article: Locator, place: number, total: number) =>
  article.getByText(`${place}/${total}`, { exact: true });

/** Presses Tab (or Shift+Tab) until the element has the focus. */
async function tabTo(page: Page, target: Locator, key = 'Tab') {
  for (let presses = 0; presses < 60; presses += 1) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(key);
  }
  throw new Error('Tab never gets there');
}

test('regenerating makes a second version beside the first', async ({ start, endpoint }) => {
  const onggi = await start({ rows: SHORT, hash: HASH });
  const answer = onggi.answers.last();
  await answer.getByRole('button', { name: 'Regenerate' }).click();
  await expect(answer).toContainText(ECHO);
  await expect(version(answer, 2, 2)).toBeVisible();
  await expect(answer.getByRole('button', { name: 'Next version' })).toBeDisabled();
  // Asked with the question alone: the first version is no part of the new one's prompt.
  expect(chatRequests(endpoint)[0]?.body.messages).toEqual([
    { role: 'user', content: 'What is a jar?' },
  ]);

  await answer.getByRole('button', { name: 'Previous version' }).click();
  await expect(answer).toContainText('A seeded answer.');
  await expect(version(answer, 1, 2)).toBeVisible();
  await expect(answer.getByRole('button', { name: 'Previous version' })).toBeDisabled();
  await onggi.page.reload();
  await expect(answer).toContainText('A seeded answer.');
  await answer.getByRole('button', { name: 'Next version' }).click();
  await expect(answer).toContainText(ECHO);
  await expect(onggi.questions).toHaveCount(1);
});

test('regenerating an earlier answer keeps what followed the old one', async ({ start }) => {
  const onggi = await start({ rows: LONG, hash: HASH });
  const first = onggi.answers.first();
  await first.getByRole('button', { name: 'Regenerate' }).click();
  await expect(first).toContainText(ECHO);
  await expect(onggi.questions).toHaveCount(1);
  await first.getByRole('button', { name: 'Previous version' }).click();
  await expect(onggi.questions).toHaveText([/What is a jar\?/, /And a lid\?/]);
  await expect(onggi.answers.last()).toContainText('A lid is seeded too.');
});

test('an edited question keeps the old branch with its answers', async ({ start, endpoint }) => {
  const onggi = await start({ rows: LONG, hash: HASH });
  const first = onggi.questions.first();
  await first.hover();
  await first.getByRole('button', { name: 'Edit message' }).click();
  const field = first.getByRole('textbox', { name: text('message.editField') });
  await expect(field).toHaveValue('What is a jar?');
  await field.fill('What is an onggi?');
  await first.getByRole('button', { name: text('message.sendEdited') }).click();

  await expect(onggi.questions).toHaveText([/What is an onggi\?/]);
  await expect(onggi.answers).toHaveCount(1);
  await expect(onggi.answers.last()).toContainText(ECHO);
  await expect(version(first, 2, 2)).toBeVisible();
  expect(chatRequests(endpoint)[0]?.body.messages).toEqual([
    { role: 'user', content: 'What is an onggi?' },
  ]);
  // What is asked next belongs to the new branch.
  await onggi.ask('More of the new branch');
  await first.getByRole('button', { name: 'Previous version' }).click();
  await expect(onggi.questions).toHaveText([/What is a jar\?/, /And a lid\?/]);
  await expect(onggi.answers).toHaveText([/A seeded answer\./, /A lid is seeded too\./]);

  await onggi.page.reload();
  await expect(onggi.questions).toHaveText([/What is a jar\?/, /And a lid\?/]);
  await first.getByRole('button', { name: 'Next version' }).click();
  await expect(onggi.questions).toHaveText([/What is an onggi\?/, /More of the new branch/]);
});

test('Esc leaves an edit without a trace', async ({ start, endpoint }) => {
  const onggi = await start({ rows: SHORT, hash: HASH });
  const first = onggi.questions.first();
  await onggi.composer.press('ArrowUp');
  const field = first.getByRole('textbox', { name: text('message.editField') });
  await expect(field).toBeFocused();
  await field.fill('Changed my mind');
  await field.press('Escape');
  await expect(first).toContainText('What is a jar?');
  await expect(first.getByRole('group', { name: 'Versions' })).toHaveCount(0);
  expect(chatRequests(endpoint)).toEqual([]);
});

test('delete from here on can be undone, and otherwise stays', async ({ start, page }) => {
  const onggi = await start({ rows: LONG, hash: HASH });
  const removeLast = async () => {
    await removeFromHere(onggi.questions.last());
    await expect(onggi.questions).toHaveCount(1);
    await expect(onggi.answers).toHaveText([/A seeded answer\./]);
  };
  await removeLast();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(onggi.questions).toHaveText([/What is a jar\?/, /And a lid\?/]);
  await expect(onggi.answers.last()).toContainText('A lid is seeded too.');
  await page.reload();
  await expect(onggi.answers.last()).toContainText('A lid is seeded too.');

  await removeLast();
  await page.reload();
  await expect(onggi.questions).toHaveCount(1);

  // The same from an answer's menu; its question then offers to get one.
  await onggi.answers
    .last()
    .getByRole('button', { name: text('message.more') })
    .click();
  // Not that of the question, which is there before the menu is.
  await onggi.answers
    .last()
    .getByRole('button', { name: text('message.remove') })
    .click();
  await expect(onggi.answers).toHaveCount(0);
  await onggi.questions
    .last()
    .getByRole('button', { name: text('message.getAnswer') })
    .click();
  await expect(onggi.answers.last()).toContainText(ECHO);
});

test('versions are switched with the keyboard alone', async ({ start, page }) => {
  const [conversation] = SHORT.conversations ?? [];
  const [question, answer] = SHORT.messages ?? [];
  if (!conversation || !question || !answer) throw new Error('seed without rows');
  const secondId = toMessageId('jars/second');
  const second = { ...answer, id: secondId, seq: 2, content: 'A second seeded answer.' };
  const onggi = await start({
    hash: HASH,
    rows: {
      conversations: [{ ...conversation, lastSeq: 2, messageCount: 3, activeLeafId: secondId }],
      messages: [question, answer, second],
    },
  });
  const shown = onggi.answers.last();
  await expect(shown).toContainText('A second seeded answer.');
  const previous = shown.getByRole('button', { name: 'Previous version' });
  const next = shown.getByRole('button', { name: 'Next version' });
  await tabTo(page, previous, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(shown).toContainText('A seeded answer.');
  // The focus stays at the switch: the one button that still leads somewhere.
  await expect(next).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(shown).toContainText('A second seeded answer.');
  await expect(previous).toBeFocused();
});

test('the way back stays on the screen as long as somebody points at it or is in it', async ({
  start,
  page,
}) => {
  const onggi = await start({ rows: SHORT, hash: HASH });
  await page.clock.install();
  await removeFromHere(onggi.questions.first());
  const undo = page.getByRole('button', { name: 'Undo' });
  await undo.hover();
  await page.clock.fastForward('01:00');
  await expect(undo).toBeVisible();
  await undo.focus();
  await page.mouse.move(0, 0);
  await page.clock.fastForward('01:00');
  await expect(undo).toBeVisible();
  await onggi.composer.focus();
  await page.clock.fastForward('00:11');
  await expect(undo).toBeHidden();
});
