import type { Page } from '@playwright/test';
import type { Message } from '#domain/message.ts';
import {
  seedConversation,
  seedConversations,
  seedDocument,
  seedDocuments,
  seedUsage,
} from '../support/seed.ts';
import { onggiOn } from './onggi.ts';
import { readRows } from './raw-rows.ts';
import { expect, test, text } from './seeded.ts';
import { readMade, saveApiKey } from './without-room.ts';

const API_KEY = 'sk-crash-0123456789';
const QUESTION = 'How does a jar breathe?';

/** The process of the page ends at once, without a word to it, as where the system has no more memory. */
async function crash(page: Page): Promise<void> {
  const client = await page.context().newCDPSession(page);
  const crashed = page.waitForEvent('crash');
  // Nobody is left to answer it.
  void client.send('Page.crash').catch(() => undefined);
  await crashed;
}

/** The answer that runs, as it is stored. */
async function readRunning(page: Page): Promise<Message | undefined> {
  return (await readRows<Message>(page, 'messages')).find(({ status }) => status === 'streaming');
}

/** Rows without those of the conversation in which was asked, and of what was counted of it. */
async function readOthers(page: Page, asked: string) {
  const { conversations, messages, usageStatistics, ...rest } = await readMade(page);
  const without = (rows: unknown) =>
    (rows as readonly Record<string, unknown>[]).filter(
      ({ id, conversationId, model }) =>
        id !== asked && conversationId !== asked && model !== 'steady',
    );
  const kept = [conversations, messages, usageStatistics].map(without);
  return { ...rest, kept };
}

test('a page that crashes in mid-answer loses no text that was written down, and nothing else', async ({
  start,
  page,
  context,
  startEndpoint,
}) => {
  const server = await startEndpoint({ apiKey: API_KEY });
  const onggi = await start({
    server,
    model: 'steady',
    rows: {
      ...seedConversations([seedConversation('Jars'), seedConversation('Kimchi')]),
      ...seedDocuments([seedDocument('jars.txt', 'Onggi breathe. '.repeat(400))]),
      usageStatistics: [seedUsage(1, 'echo-fast')],
    },
  });
  await saveApiKey(page, API_KEY);
  await page.goto('/#/');
  await onggi.say(QUESTION);
  // Written down more than once: what came since the last time is what a crash may take.
  const stored = async () => (await readRunning(page))?.content ?? '';
  await expect.poll(stored).not.toBe('');
  const early = await stored();
  await expect.poll(async () => (await stored()).length).toBeGreaterThan(early.length);
  const before = await readRunning(page);
  if (!before) throw new Error('no answer is running');
  const others = await readOthers(page, before.conversationId);
  await crash(page);

  const again = onggiOn(await context.newPage());
  await again.open(`#/c/${before.conversationId}`);
  await expect(again.questions).toContainText([QUESTION]);
  await expect(again.answers).toHaveCount(1);
  await expect(again.answers).toContainText(before.content.trim());
  await expect(again.answers.getByRole('alert')).toContainText(text('error.provider/interrupted'));
  const [after] = (await readRows<Message>(again.page, 'messages')).filter(
    ({ id }) => id === before.id,
  );
  expect(after).toMatchObject({ status: 'interrupted' });
  expect(after?.content.startsWith(before.content)).toBe(true);
  expect(await readOthers(again.page, before.conversationId)).toEqual(others);
  await expect(again.conversations).toHaveCount(3);

  // It goes on from there: the server answers to the key alone that was stored.
  await again.answers.getByRole('button', { name: 'Continue' }).click();
  await expect(again.answers).toContainText(/w0 .*\sw0 /s);
  await again.stop.click();
  await expect(again.answers).toContainText(before.content.trim());
});
