import { expect, test } from './onggi.ts';

test('what is changed while it is tried is not kept', async ({ onggi, startEndpoint }) => {
  const { page } = onggi;
  const slow = await startEndpoint({ apiKey: undefined, latencyMs: 1500 });
  await onggi.open();
  await page.getByRole('button', { name: /API key/ }).click();
  await page.getByText('Other address').click();
  await page.getByLabel('Address (base URL)').fill(slow.localhostUrl);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(page.getByRole('button', { name: 'Trying…' })).toBeVisible();
  await page.getByText('Groq').click();
  await expect(page.getByRole('button', { name: 'Connect', exact: true })).toBeEnabled();
  await page.goto('/#/settings/models');
  await expect(page.getByText('No model is connected yet.')).toBeVisible();
});

test('an address that cannot be used is told in the app’s own words', async ({ onggi }) => {
  const { page } = onggi;
  await onggi.open();
  await page.getByRole('button', { name: /API key/ }).click();
  await page.getByText('Other address').click();
  const address = page.getByLabel('Address (base URL)');
  const told = page.getByRole('alert');
  for (const [typed, sentence] of [
    ['', 'Type the address of the server.'],
    ['example.com/v1', 'The address has to begin with http:// or https://.'],
    ['https://', 'This is not a readable address.'],
    ['http://example.com/v1', 'http is allowed for this computer only'],
  ] as const) {
    await address.fill(typed);
    await address.press('Enter');
    await expect(told).toContainText(sentence);
  }
  await address.fill('localhost:9/v1');
  await address.press('Enter');
  await page.getByRole('button', { name: 'Use http://localhost:9/v1' }).click();
  await expect(address).toHaveValue('http://localhost:9/v1');
});

test('an address that lacks its /v1 is offered with it, and connects', async ({
  onggi,
  endpoint,
  page,
}) => {
  await onggi.open();
  await page.getByRole('button', { name: /API key/ }).click();
  await page.getByText('Other address').click();
  const address = endpoint.localhostUrl.replace(/\/v1$/, '');
  await page.getByLabel('Address (base URL)').fill(address);
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.getByRole('button', { name: `Use ${endpoint.localhostUrl}` }).click();
  await expect(onggi.composer).toBeVisible();
});

test('Enter in the model picker takes the exact name before a longer one', async ({
  connected,
}) => {
  const { page } = connected;
  await page.getByRole('button', { name: /^Model:/ }).click();
  await page.getByRole('searchbox', { name: 'Find or type a model' }).fill('slow');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /^Model: slow,/ })).toBeVisible();
});

test('of a key that is too short to tell its end, only that it is stored is said', async ({
  onggi,
  startEndpoint,
}) => {
  const { page } = onggi;
  const endpoint = await startEndpoint({ apiKey: 'sk-abc' });
  await onggi.open();
  await onggi.connect(endpoint.localhostUrl, 'sk-abc');
  await page.goto('/#/settings/models');
  const card = page.getByRole('region', { name: 'Connections' });
  await expect(card).toContainText('Key stored');
  await expect(card).not.toContainText('ends in');
});
