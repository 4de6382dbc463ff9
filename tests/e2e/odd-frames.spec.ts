import { CONFORMANCE_MODELS, ODD_ANSWER } from '../support/conformance-server.mjs';
import { seedConversation, seedConversations } from '../support/seed.ts';
import { toEndpointId } from '#domain/ids.ts';
import type { Onggi } from './onggi.ts';
import { chatRequests, expect, test, text } from './seeded.ts';

const modelsOf = (group: string) =>
  CONFORMANCE_MODELS.map(({ id }) => id).filter((id) => id.startsWith(`${group}/`));

/** One begun conversation for each model, so that a test goes from one to the next by its address. */
const conversationsWith = (models: readonly string[]) =>
  seedConversations(
    models.map((chatModel) =>
      seedConversation(chatModel, {
        id: chatModel.replace(/\W/g, '-'),
        texts: [],
        chatModel,
        endpointId: toEndpointId('seeded-endpoint'),
      }),
    ),
  );

async function askIn(onggi: Onggi, chatModel: string, question: string) {
  await onggi.page.goto(`/#/c/${chatModel.replace(/\W/g, '-')}`);
  await expect(onggi.page.getByRole('heading', { level: 1, name: chatModel })).toBeVisible();
  const before = await onggi.answers.count();
  await onggi.say(question);
  await expect(onggi.answers).toHaveCount(before + 1);
  await expect(onggi.answers.last().getByRole('button', { name: 'Regenerate' })).toBeEnabled();
}

/** The answer's own text: no name, no reasoning, no figures. Markdown is off in these tests. */
const answerText = ({ answers }: Onggi) => answers.last().locator('.plain-text').textContent();

test('every odd server is read to the letter @long', async ({ start }) => {
  const models = modelsOf('odd');
  const onggi = await start({
    settings: { enableMarkdown: false, showTokenCount: true },
    rows: conversationsWith(models),
  });
  const tokens = new Map<string, string | null>();
  for (const model of models) {
    await test.step(model, async () => {
      await askIn(onggi, model, 'Same question');
      expect.soft(await answerText(onggi), model).toBe(ODD_ANSWER);
      await expect.soft(onggi.answers.last().getByRole('alert'), model).toHaveCount(0);
      tokens.set(
        model,
        await onggi.answers
          .last()
          .getByText(/→ \d+ tokens/)
          .textContent(),
      );
    });
  }
  expect(models.length).toBeGreaterThan(15);
  // The last count wins; none is added up; without one the figure is marked as an estimate.
  const usual = tokens.get('odd/crlf');
  expect(usual).toMatch(/^\d+ → \d+ tokens$/);
  expect(tokens.get('odd/usage-each-chunk')).toBe(usual);
  expect(tokens.get('odd/usage-with-choice')).toBe(usual);
  expect(tokens.get('odd/no-usage')).toMatch(/^~\d+ → \d+ tokens$/);
});

test('an answer at its length limit says so and can be continued', async ({ start }) => {
  const onggi = await start({ model: 'odd/finish-length' });
  await onggi.ask('Write long');
  const answer = onggi.answers.last();
  await expect(answer.getByText(text('message.cutByLength'))).toBeVisible();
  await answer.getByRole('button', { name: 'Continue' }).click();
  await expect(answer).toContainText(/Second line, bold\. 끝\.\s*An odd server says/);
});

test('an answer that a content filter ended says so', async ({ start }) => {
  const onggi = await start({ model: 'odd/finish-content-filter' });
  await onggi.ask('Say something forbidden');
  const answer = onggi.answers.last();
  await expect(answer.getByText(text('error.provider/content-filter'))).toBeVisible();
  await expect(answer.getByRole('button', { name: 'Continue' })).toHaveCount(0);
});

const THOUGHT =
  'First I look at what was asked. 그다음 짧게 답하기로 합니다. No model is thinking here.';

for (const streamResponse of [true, false]) {
  const way = streamResponse ? 'in a stream' : 'in one piece';
  test(`reasoning is folded apart from the answer and not sent back, ${way} @long`, async ({
    start,
    endpoint,
  }) => {
    const models = modelsOf('reasoning').map((model) => `${model}?ms=0`);
    const onggi = await start({
      settings: { enableMarkdown: false, streamResponse },
      rows: conversationsWith(models),
    });
    for (const model of models) {
      await test.step(model, async () => {
        await askIn(onggi, model, 'Think first');
        const answer = onggi.answers.last();
        const said = await answerText(onggi);
        expect.soft(said, model).toMatch(/^This is what reached the test server:\n\n> Think first/);
        expect.soft(said, model).toMatch(/_\(recorded answer of the test server\)_$/);
        await expect.soft(answer, model).not.toContainText(/<\/?(think|details)/);

        const details = answer.getByRole('group').filter({ hasText: 'Reasoning' });
        await expect.soft(details, model).not.toHaveAttribute('open');
        await expect.soft(details.getByText(THOUGHT), model).toBeHidden();
        await details.getByText('Reasoning', { exact: true }).click();
        await expect.soft(details.getByText(THOUGHT, { exact: true }), model).toBeVisible();

        await askIn(onggi, model, 'And again');
        const sent = JSON.stringify(chatRequests(endpoint).at(-1)?.body.messages);
        expect.soft(sent, model).toContain('This is what reached the test server');
        expect.soft(sent, model).not.toContain('First I look');
      });
    }
    await onggi.page.reload();
    await onggi.answers.last().getByText('Reasoning', { exact: true }).click();
    await expect(onggi.answers.last().getByText(THOUGHT)).toBeVisible();
  });
}
