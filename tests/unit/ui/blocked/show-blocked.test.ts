import { expect, onTestFinished, test, vi } from 'vitest';
import { Translator } from '#state/translator.svelte.ts';
import { createStartScreen } from '#ui/blocked/show-blocked.ts';

/** The screen of a start that waits for `work`, which ends when it is told. */
async function startWaiting() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const target = document.createElement('div');
  document.body.append(target);
  onTestFinished(() => target.remove());
  const translator = new Translator();
  await translator.use('en');
  await translator.complete();
  const screen = createStartScreen(target, translator);
  const { promise: work, resolve: end } = Promise.withResolvers<string>();
  const waiting = screen.patiently(work);
  const heading = () => target.querySelector('h1')?.textContent;
  const alert = () => target.querySelector('[role="alert"]')?.textContent;
  return { screen, waiting, end, target, heading, alert, t: translator.t };
}

const UPGRADE = 'blocked.upgrade';

/** In steps: the patience begins when the message is fetched. */
async function upgradeIsTold(heading: () => string | undefined, told: string): Promise<void> {
  await vi.waitFor(async () => {
    await vi.advanceTimersByTimeAsync(1000);
    expect(heading()).toBe(told);
  });
}

test('an upgrade that takes longer than eight seconds is told as what it is, without an alarm', async () => {
  const { screen, waiting, end, target, heading, alert, t } = await startWaiting();
  screen.showWaiting('upgrade');
  await upgradeIsTold(heading, t(UPGRADE));
  // Each step of the schema tells it again.
  screen.showWaiting('upgrade');
  await vi.advanceTimersByTimeAsync(600_000);
  expect(heading()).toBe(t(UPGRADE));
  expect(alert()).toBeUndefined();
  expect(target.querySelector('button')).toBeNull();
  end('open');
  expect(await waiting).toBe('open');
  expect(target.textContent.trim()).toBe('');
});

test('an upgrade that is over within a second is not told', async () => {
  const { screen, waiting, end, target } = await startWaiting();
  screen.showWaiting('upgrade');
  vi.advanceTimersByTime(999);
  end('open');
  await waiting;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(target.textContent).toBe('');
});

test('what is waited for takes the place of what was waited for before', async () => {
  const { screen, waiting, end, heading, alert, t } = await startWaiting();
  await vi.advanceTimersByTimeAsync(8000);
  await vi.waitFor(() => expect(alert()).toBe(t('error.db/no-answer')));
  screen.showWaiting('blocked');
  await vi.waitFor(() => expect(alert()).toBe(t('error.db/blocked')));
  screen.showWaiting('upgrade');
  await upgradeIsTold(heading, t(UPGRADE));
  expect(alert()).toBeUndefined();
  end('open');
  await waiting;
});

test('an upgrade that is known before the start waits for it is told in its place too', async () => {
  const { screen, waiting, end, heading, t } = await startWaiting();
  end('looked');
  await waiting;
  screen.showWaiting('upgrade');
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const opening = screen.patiently(promise);
  await upgradeIsTold(heading, t(UPGRADE));
  resolve(undefined);
  await opening;
});
