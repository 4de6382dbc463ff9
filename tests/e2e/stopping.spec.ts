import { steadyWords } from '../support/conformance-server.mjs';
import { chatRequests, expect, test, text } from './seeded.ts';
import type { Onggi } from './onggi.ts';

/** Waits until the words `w0 … w4` are on the screen, so that there is something to keep. */
async function waitForWords({ answers }: Onggi) {
  await expect(answers.last()).toContainText('w4');
}

/** The text of an answer that shows nothing but `steady` words, cut where the words end. */
async function wordsOf({ answers }: Onggi): Promise<string> {
  const shown = await answers.last().innerText();
  return /(w\d+\s)*w\d+/.exec(shown)?.[0] ?? '';
}

const isWordsFromStart = (words: string): boolean =>
  steadyWords(words.split(/\s+/).length).join('').trimEnd() === words;

for (const way of ['the button', 'Esc in the composer', 'Esc elsewhere'] as const) {
  test(`stopping by ${way} keeps the text and closes the connection`, async ({
    start,
    endpoint,
  }) => {
    const onggi = await start({ model: 'steady' });
    const answer = onggi.answers.last();
    await onggi.say('Count');
    await waitForWords(onggi);
    await expect(onggi.status.filter({ hasText: text('status.writing') })).toBeVisible();
    if (way === 'Esc elsewhere') await onggi.questions.first().focus();
    if (way === 'the button') await onggi.stop.click();
    else await onggi.page.keyboard.press('Escape');

    await expect(answer.getByText(text('message.stopped'))).toBeVisible();
    await expect(onggi.status.filter({ hasText: text('status.stopped') })).toBeAttached();
    await expect(answer.getByRole('button', { name: 'Continue', exact: true })).toBeEnabled();
    await expect(answer.getByRole('alert')).toHaveCount(0);
    await expect(onggi.send).toBeVisible();
    const kept = await wordsOf(onggi);
    expect(isWordsFromStart(kept), kept).toBe(true);
    // The server saw the connection close: nothing can arrive after that.
    await expect.poll(() => chatRequests(endpoint)[0]?.closed).toBe('client');
    expect(await wordsOf(onggi)).toBe(kept);

    await onggi.page.reload();
    await expect(answer.getByText(text('message.stopped'))).toBeVisible();
    // While its renderer is fetched the answer may show nothing for a moment.
    await expect.poll(() => wordsOf(onggi)).toBe(kept);
    expect(chatRequests(endpoint)).toHaveLength(1);
  });
}

test('Continue adds to the same message', async ({ start, endpoint }) => {
  const onggi = await start({ model: 'steady' });
  const answer = onggi.answers.last();
  await onggi.say('Count');
  await waitForWords(onggi);
  await onggi.stop.click();
  await expect(answer.getByText(text('message.stopped'))).toBeVisible();
  const kept = await wordsOf(onggi);

  await answer.getByRole('button', { name: 'Continue', exact: true }).click();
  // The words begin again at w0 behind those that were kept.
  await expect(answer).toContainText(new RegExp(`${kept}\\s*w0 w1 w2 w3`));
  await onggi.stop.click();
  await expect(answer.getByText(text('message.stopped'))).toBeVisible();
  await expect(onggi.answers).toHaveCount(1);
  await expect(answer.getByRole('group', { name: 'Versions' })).toHaveCount(0);

  const [, second] = chatRequests(endpoint);
  expect(second?.body.messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  expect(second?.body.messages[1]?.content.trim()).toBe(kept);
  await onggi.page.reload();
  await expect(answer).toContainText(new RegExp(`${kept}\\s*w0 w1 w2 w3`));
});

test('stopping before the first byte leaves the question and a way to ask again', async ({
  start,
  endpoint,
}) => {
  const onggi = await start({ model: 'fault/silent-from-start' });
  await onggi.say('Anybody there?');
  await expect(onggi.status.filter({ hasText: text('status.asking') })).toBeVisible();
  await expect.poll(() => chatRequests(endpoint)).toHaveLength(1);
  await onggi.stop.click();
  await expect(onggi.answers.last().getByText(text('message.stopped'))).toBeVisible();
  await expect.poll(() => chatRequests(endpoint)[0]?.closed).toBe('client');
  await expect(onggi.questions).toHaveText(/Anybody there\?/);
  // There is nothing to continue; Regenerate is the way to ask again.
  const answer = onggi.answers.last();
  await expect(answer.getByRole('button', { name: 'Continue', exact: true })).toHaveCount(0);
  await expect(answer.getByRole('button', { name: 'Regenerate' })).toBeEnabled();
  await expect(onggi.send).toBeVisible();
});

test('an endless answer can be stopped', async ({ start, endpoint }) => {
  const onggi = await start({ model: 'fault/endless' });
  await onggi.say('Go on for ever');
  await waitForWords(onggi);
  await onggi.stop.click();
  await expect(onggi.answers.last().getByText(text('message.stopped'))).toBeVisible();
  await expect.poll(() => chatRequests(endpoint)[0]?.closed).toBe('client');
  await expect(onggi.send).toBeVisible();
});

test('two quick Enters make one request', async ({ start, endpoint }) => {
  const onggi = await start({ model: 'steady' });
  await onggi.composer.fill('Once');
  // Both key presses in one task of the page: faster than any hand.
  await onggi.composer.evaluate((field) => {
    for (let press = 0; press < 2; press += 1) {
      const init = { inputType: 'insertLineBreak', bubbles: true, cancelable: true };
      field.dispatchEvent(new InputEvent('beforeinput', init));
    }
  });
  await onggi.page.keyboard.press('Enter');
  await waitForWords(onggi);
  await onggi.page.keyboard.press('Enter');
  await onggi.stop.click();
  await expect(onggi.status.filter({ hasText: text('status.stopped') })).toBeAttached();
  await expect(onggi.questions).toHaveCount(1);
  expect(chatRequests(endpoint)).toHaveLength(1);
});

test('the stop button answers before anything else arrives', async ({ start, endpoint }) => {
  // One word a second: had Stop waited for the next word, that word would be shown.
  const onggi = await start({ model: 'steady?ms=1000' });
  await onggi.say('Slowly');
  await expect(onggi.answers.last()).toContainText('w0');
  await onggi.stop.click();
  await expect(onggi.answers.last().getByText(text('message.stopped'))).toBeVisible();
  const kept = await wordsOf(onggi);
  await expect.poll(() => chatRequests(endpoint)[0]?.closed).toBe('client');
  expect(await wordsOf(onggi)).toBe(kept);
});
