import type { Locator } from '@playwright/test';
import type { Message } from '#domain/message.ts';
import { NO_PRICES } from '#domain/prices.ts';
import { readEverythingStored } from '../support/everything-stored.ts';
import { onggiOn } from './onggi.ts';
import type { Onggi } from './onggi.ts';
import { readRows } from './raw-rows.ts';
import { chatRequests, expect, removeFromHere, test, text } from './seeded.ts';

const JAR = 'What is a jar made of?';

const askInNewChat = async (onggi: Onggi, question = JAR): Promise<void> => {
  await onggi.page.getByRole('button', { name: text('sidebar.newChat') }).click();
  await expect(onggi.answers).toHaveCount(0);
  await onggi.ask(question);
};

/** An answer is kept after it is shown. */
const untilKept = (onggi: Onggi) =>
  expect
    .poll(() => readEverythingStored(onggi.page))
    .toMatch(/^(?=.*\/responseCache \[\{)(?=.*onggi-cache\/entries \[[^\n]*"response":)/s);

const markIn = (onggi: Onggi) => onggi.answers.last().getByText('From cache · saved');
const askAgainIn = (onggi: Onggi) =>
  onggi.answers.last().getByRole('button', { name: text('message.askAgain') });

test('the same question is asked once, answered twice, and says so', async ({
  start,
  endpoint,
  page,
}) => {
  const onggi = await start();
  await onggi.ask(JAR);
  await untilKept(onggi);
  await expect(markIn(onggi)).toHaveCount(0);

  await askInNewChat(onggi);
  await expect(markIn(onggi)).toBeVisible();
  await expect(onggi.answers.last()).toContainText(JAR);
  await expect(onggi.answers.last().locator('.meta')).not.toContainText(/\d\s?s\b/);
  expect(chatRequests(endpoint)).toHaveLength(1);

  // The mark is stored with the answer, and the cache outlives the page.
  await page.reload();
  await expect(markIn(onggi)).toBeVisible();
  await askInNewChat(onggi);
  await expect(markIn(onggi)).toBeVisible();
  expect(chatRequests(endpoint)).toHaveLength(1);

  // Both stored levels are among what takes room.
  await page.goto('/#/storage');
  const sizes = page.getByRole('region', { name: text('space.sizes') });
  for (const key of ['space.table.responseCache', 'space.cache'] as const) {
    await expect(sizes.getByRole('rowheader', { name: text(key), exact: true })).toBeVisible();
  }
});

test('says how many tokens and how much money a cached answer saved, at the answer and on the card', async ({
  start,
  page,
}) => {
  const price = { model: 'echo-fast', endpointId: null, inputUsd: 100_000, outputUsd: 200_000 };
  const onggi = await start({ settings: { prices: { ...NO_PRICES, own: [price] } } });
  await onggi.ask(JAR);
  await untilKept(onggi);
  const [asked] = (await readRows<Message>(page, 'messages')).filter(
    ({ role }) => role === 'assistant',
  );
  expect(asked).toMatchObject({ isTokenCountEstimated: false });
  const [prompt, completion] = [asked?.promptTokens ?? 0, asked?.completionTokens ?? 0];
  expect(Math.min(prompt, completion)).toBeGreaterThan(0);
  const dollars = (prompt * price.inputUsd + completion * price.outputUsd) / 1e6;
  const usd = new Intl.NumberFormat('en', { style: 'currency', currency: 'USD' });

  for (const hitCount of [1, 2]) {
    await askInNewChat(onggi);
    await expect(
      onggi.answers.last().getByText(`From cache · saved ${prompt + completion} tokens`),
    ).toBeVisible();
    await page.goto('/#/settings/behaviour');
    const card = page.getByRole('region', { name: text('cache.title') });
    const answered = hitCount === 1 ? 'Answered 1 time' : `Answered ${hitCount} times`;
    // A hit is counted after it is shown, and the card reads the figures when it is opened.
    await expect(async () => {
      await page.reload();
      await expect(card).toContainText(answered, { timeout: 2000 });
    }).toPass();
    await expect(card).toContainText(
      `${answered} from the cache. Tokens saved: ${hitCount * (prompt + completion)}.`,
    );
    await expect(card).toContainText(
      text('cache.savedCost', { cost: usd.format(hitCount * dollars) }),
    );
    await page.goto('/#/');
  }
});

test('asking again goes to the endpoint and stands beside the cached answer', async ({
  start,
  endpoint,
}) => {
  const onggi = await start();
  await onggi.ask(JAR);
  await untilKept(onggi);
  await askInNewChat(onggi);
  await askAgainIn(onggi).click();
  await expect.poll(() => chatRequests(endpoint).length).toBe(2);
  await expect(onggi.answers.last().getByText('2/2')).toBeVisible();
  await expect(markIn(onggi)).toHaveCount(0);
  await expect(askAgainIn(onggi)).toHaveCount(0);
});

test('an answer that was deleted is nowhere in the cache any more', async ({ start, page }) => {
  const onggi = await start();
  await onggi.ask(JAR);
  await untilKept(onggi);
  await removeFromHere(onggi.questions.last());
  await expect(onggi.answers).toHaveCount(0);
  // With an answer in the cache, its text is there: `untilKept` has seen it.
  await expect.poll(() => readEverythingStored(page)).not.toContain('"response":');
});

test('regenerating bypasses the cache', async ({ start, endpoint }) => {
  const onggi = await start();
  await onggi.ask(JAR);
  await onggi.answers
    .last()
    .getByRole('button', { name: text('message.regenerate') })
    .click();
  await expect(onggi.answers.last().getByText('2/2')).toBeVisible();
  await expect.poll(() => chatRequests(endpoint).length).toBe(2);
  await expect(markIn(onggi)).toHaveCount(0);
});

test('a temporary conversation neither fills the cache nor is answered from it', async ({
  start,
  endpoint,
  page,
}) => {
  const onggi = await start({ settings: { saveHistory: false } });
  await onggi.ask(JAR);
  await askInNewChat(onggi);
  await expect(markIn(onggi)).toHaveCount(0);
  expect(chatRequests(endpoint)).toHaveLength(2);
  await page.goto('/#/settings/behaviour');
  const card = page.getByRole('region', { name: text('cache.title') });
  await expect(card.getByRole('button', { name: text('cache.clearAll') })).toBeDisabled();
});

test('another tab is answered from the cache too, and with the switch off nobody is', async ({
  start,
  endpoint,
  page,
}) => {
  const onggi = await start();
  await onggi.ask(JAR);
  await untilKept(onggi);
  const second = onggiOn(await page.context().newPage());
  await second.open();
  await second.ask(JAR);
  await expect(markIn(second)).toBeVisible();
  expect(chatRequests(endpoint)).toHaveLength(1);

  await second.page.goto('/#/settings/behaviour');
  const card = second.page.getByRole('region', { name: text('cache.title') });
  await expect(card.getByRole('row', { name: /^Database/ })).toContainText('1');
  await expect(card).toContainText('Answered 1 time from the cache.');
  await card.getByRole('switch', { name: text('settings.useCache') }).click();
  await expect(card.getByRole('button', { name: text('cache.clearAll') })).toBeDisabled();
  await askInNewChat(onggi);
  await expect(markIn(onggi)).toHaveCount(0);
  expect(chatRequests(endpoint)).toHaveLength(2);
});

test('cleared level by level it asks again', async ({ start, endpoint, page }) => {
  const onggi = await start();
  await onggi.ask(JAR);
  await untilKept(onggi);
  await page.goto('/#/settings/behaviour');
  const card = page.getByRole('region', { name: text('cache.title') });
  for (const level of ['memory', 'keyval', 'table'] as const) {
    const name = text('cache.clearLevel', { level: text(`cache.${level}`) });
    const button = card.getByRole('button', { name, exact: true });
    await button.click();
    await expect(button).toBeDisabled();
  }
  await askInNewChat(onggi);
  await expect(markIn(onggi)).toHaveCount(0);
  expect(chatRequests(endpoint)).toHaveLength(2);
});

test('a cut answer is not given twice', async ({ start, endpoint, page }) => {
  const onggi = await start({ model: 'fault/no-end' });
  for (const requestCount of [1, 2]) {
    await page.getByRole('button', { name: text('sidebar.newChat') }).click();
    await expect(onggi.questions).toHaveCount(0);
    await onggi.say(JAR);
    const goOn = onggi.answers.last().getByRole('button', { name: text('message.continue') });
    await expect(goOn).toBeVisible();
    expect(chatRequests(endpoint)).toHaveLength(requestCount);
  }
});

/** Asks, and comes as far as the button that deletes the conversation for good. */
async function askForPurge(onggi: Onggi): Promise<Locator> {
  const { page } = onggi;
  await onggi.ask(JAR);
  await untilKept(onggi);
  const row = onggi.conversations.first();
  await row.hover();
  await row.getByRole('button', { name: text('conversation.menu', { title: JAR }) }).click();
  await row.getByRole('button', { name: text('conversation.remove'), exact: true }).click();
  const filter = page.getByRole('button', { name: text('list.filter') });
  await filter.click();
  await page
    .getByRole('group', { name: text('list.filter') })
    .getByRole('button', { name: text('list.trash'), exact: true })
    .click();
  await page.getByRole('button', { name: text('list.emptyTheTrash') }).click();
  return page.getByRole('dialog').getByRole('button', { name: text('list.purge') });
}

test('what is deleted for good is not given again', async ({ start, endpoint, page }) => {
  const onggi = await start();
  await (await askForPurge(onggi)).click();
  await expect(page.getByText(text('list.emptyTrash'))).toBeVisible();
  await askInNewChat(onggi);
  await expect(markIn(onggi)).toHaveCount(0);
  expect(chatRequests(endpoint)).toHaveLength(2);
});

test('a page that is closed while it deletes for good leaves no answer: those go first, and again', async ({
  start,
}) => {
  const onggi = await start();
  const purge = await askForPurge(onggi);
  await onggi.page.evaluate(() => {
    const order: string[] = [];
    type Method = (this: IDBObjectStore, key: IDBValidKey) => IDBRequest;
    const stores: Record<'clear' | 'delete', Method> = IDBObjectStore.prototype;
    for (const name of ['clear', 'delete'] as const) {
      stores[name] = new Proxy(stores[name], {
        apply(method, store: IDBObjectStore, given: [IDBValidKey]) {
          order.push(`${name} ${store.name}`);
          return Reflect.apply(method, store, given);
        },
      });
    }
    Object.assign(window, { order });
  });
  await purge.click();
  const readOrder = () =>
    onggi.page.evaluate(() =>
      (window as unknown as { order: readonly string[] }).order.filter((what) =>
        /responseCache|conversations/.test(what),
      ),
    );
  await expect
    .poll(readOrder)
    .toEqual(['clear responseCache', 'delete conversations', 'clear responseCache']);
});

test('when what is deleted for good cannot leave the cache, that is told', async ({ start }) => {
  const onggi = await start();
  const purge = await askForPurge(onggi);
  await onggi.page.evaluate(() => {
    const stores: Record<'clear', (this: IDBObjectStore) => IDBRequest> = IDBObjectStore.prototype;
    stores.clear = new Proxy(stores.clear, {
      apply(method, store: IDBObjectStore) {
        if (store.name !== 'responseCache') return Reflect.apply(method, store, []);
        throw new DOMException('refused', 'UnknownError');
      },
    });
  });
  await purge.click();
  await expect(onggi.page.locator('.notice.bad')).toBeVisible();
  expect(await readRows(onggi.page, 'conversations')).toEqual([]);
});
