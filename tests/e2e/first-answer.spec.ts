import { expect, onggiOn, test } from './onggi.ts';

test('from a cleared browser to the first streamed text in four actions', async ({
  onggi,
  startEndpoint,
  allowedOrigins,
}) => {
  // The usual ports are asked after the click that says so, and only then.
  for (const port of [11434, 1234, 8080, 8000]) allowedOrigins.add(`http://localhost:${port}`);
  // A server on one of the usual ports is found by itself: click, write, Enter.
  await startEndpoint({ apiKey: undefined, port: 11434 });
  await onggi.open();
  await onggi.page.getByRole('button', { name: /model on my computer/ }).click();
  await onggi.composer.fill('Tell me about jars');
  await onggi.composer.press('Enter');
  await expect(onggi.answers).toHaveCount(1);
  await expect(onggi.answers.first()).toContainText(/\w{3,}/);
});

test('with an address and a key it takes five fields and clicks at most', async ({
  onggi,
  startEndpoint,
}) => {
  const endpoint = await startEndpoint({ apiKey: 'test-key', cors: 'strict' });
  await onggi.open();
  await onggi.connect(endpoint.localhostUrl, 'test-key');
  await onggi.ask('Hello');
  const chat = endpoint.log().filter(({ path }) => path.endsWith('/chat/completions'));
  // One request to test the connection asks for nothing here: the list was enough.
  expect(chat.filter(({ method }) => method === 'POST')).toHaveLength(1);
});

test('what was said is there after a reload, and without a network', async ({ connected }) => {
  const { page } = connected;
  await connected.ask('Remember the kimchi');
  const answer = await connected.answers.first().innerText();
  await page.reload();
  await expect(connected.questions.first()).toContainText('Remember the kimchi');
  await expect(connected.answers.first()).toContainText(answer.split('\n')[1] ?? 'x');

  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.context().setOffline(true);
  await page.reload();
  await expect(connected.questions.first()).toContainText('Remember the kimchi');
  await expect(page.getByText('You are offline. You can read everything')).toBeVisible();
  // A hash is no other page: an address of a conversation opens offline too.
  const hash = new URL(page.url()).hash;
  await page.goto('/#/settings/general');
  await page.goto(`/${hash}`);
  await expect(connected.questions.first()).toContainText('Remember the kimchi');
});

test('a message sent offline is kept and answered when the network is back', async ({
  onggi,
  startEndpoint,
}) => {
  const endpoint = await startEndpoint({ apiKey: undefined });
  const { page } = onggi;
  await onggi.open();
  await onggi.connect(endpoint.baseUrl);
  await onggi.chooseModel('echo-fast');
  await onggi.ask('first');
  await page.context().setOffline(true);
  await onggi.say('sent in a tunnel');
  await expect(onggi.questions.last()).toContainText('sent in a tunnel');
  await expect(onggi.answers.last().getByRole('alert')).toBeVisible();
  await expect(onggi.composer).toHaveValue('');
  await page.context().setOffline(false);
  const again = onggi.answers.last().getByRole('button', { name: 'Try again' });
  if (await again.isVisible()) await again.click();
  await expect(onggi.answers.last()).toContainText('sent in a tunnel');
});

test('another tab shows the same conversation and follows it', async ({ connected }) => {
  await connected.ask('hello from the first tab');
  const second = onggiOn(await connected.page.context().newPage());
  await second.open(new URL(connected.page.url()).hash);
  await expect(second.questions.first()).toContainText('hello from the first tab');
  await connected.ask('and again');
  await expect(second.questions).toHaveCount(2);
  await expect(second.answers).toHaveCount(2);
  await second.ask('hello from the second tab');
  await expect(connected.questions).toHaveCount(3);
});

test('models that only embed are listed after those that chat', async ({ connected, page }) => {
  await expect(connected.composer).toBeVisible();
  await page.getByRole('button', { name: /^Model:/ }).click();
  const models = page.getByRole('group', { name: 'Models' }).getByRole('button');
  await expect(models.first()).toContainText('echo');
  await expect(models.last()).toContainText('embed/');
});
