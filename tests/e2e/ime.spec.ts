import type { CDPSession, Page } from '@playwright/test';
import type { ConformanceServer } from '../support/conformance-server.mjs';
import { chatRequests, expect, test } from './seeded.ts';
import type { Onggi } from './onggi.ts';

/*
 * Enter and input methods (CHAT section 5), with the browser's own composition through CDP. Every
 * test also looks at the events that came of it, so that it cannot pass on another order than the
 * one it is named after.
 */

/** Records what reaches the message box. */
async function recordEvents(onggi: Onggi): Promise<() => Promise<readonly string[]>> {
  await onggi.composer.evaluate((field: HTMLElement) => {
    const events: string[] = [];
    const composing = (event: { isComposing: boolean }) => (event.isComposing ? ' composing' : '');
    field.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' || event.keyCode === 229) {
        events.push(`keydown ${event.keyCode}${composing(event)}`);
      }
    });
    field.addEventListener('compositionend', () => events.push('compositionend'));
    field.addEventListener('beforeinput', (event) => {
      if (event.inputType === 'insertLineBreak') events.push(`line break${composing(event)}`);
    });
    Object.assign(window, { imeEvents: events });
  });
  return () =>
    onggi.page.evaluate(() => (window as unknown as { imeEvents: readonly string[] }).imeEvents);
}

interface KeyEvent {
  readonly type: 'rawKeyDown' | 'char' | 'keyUp';
  readonly key: string;
  readonly windowsVirtualKeyCode: number;
  readonly code?: string;
  readonly text?: string;
}

/** An input method at work in the focused box. */
class InputMethod {
  readonly #session: CDPSession;

  private constructor(session: CDPSession) {
    this.#session = session;
  }

  static async of(page: Page): Promise<InputMethod> {
    return new InputMethod(await page.context().newCDPSession(page));
  }

  /** Shows each state of the text under composition, as its keys are pressed. */
  async compose(states: readonly string[]): Promise<void> {
    for (const text of states) {
      await this.#key({ type: 'rawKeyDown', windowsVirtualKeyCode: 229, key: 'Process' });
      const end = text.length;
      await this.#session.send('Input.imeSetComposition', {
        text,
        selectionStart: end,
        selectionEnd: end,
      });
    }
  }

  /** The Enter that the input method takes for itself, and the text it then commits. */
  async confirm(text: string): Promise<void> {
    const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 229 };
    await this.#key({ type: 'rawKeyDown', ...enter });
    await this.#session.send('Input.insertText', { text });
  }

  /** The Enter that the box gets, as a key press of its own. */
  async pressEnter(): Promise<void> {
    const enter = { key: 'Enter', code: 'Enter', windowsVirtualKeyCode: 13 };
    await this.#key({ type: 'rawKeyDown', ...enter });
    await this.#key({ type: 'char', text: '\r', ...enter });
    await this.#key({ type: 'keyUp', ...enter });
  }

  /** The Enter that the box gets without a keydown: the character alone. */
  async passEnterOn(): Promise<void> {
    await this.#key({ type: 'char', text: '\r', key: 'Enter', windowsVirtualKeyCode: 13 });
  }

  async #key(event: KeyEvent): Promise<void> {
    await this.#session.send('Input.dispatchKeyEvent', event);
  }
}

/** One question with exactly this text, one request, one answer, and an empty box that stays so. */
async function expectSentOnce(onggi: Onggi, sent: string, endpoint: ConformanceServer) {
  const answer = onggi.answers.last();
  await expect(answer.getByRole('button', { name: 'Regenerate' })).toBeEnabled();
  await expect(onggi.composer).toHaveValue('');
  await expect(onggi.questions).toHaveCount(1);
  await expect(onggi.questions.locator('.bubble')).toHaveText(sent, { useInnerText: true });
  const requests = chatRequests(endpoint).map(({ body }) => body.messages);
  expect(requests).toEqual([[{ role: 'user', content: sent }]]);
}

const HANGUL = ['ㅎ', '하', '한', '한ㄱ', '한그', '한글'];

test('a plain Enter sends once', async ({ start, page, endpoint }) => {
  const onggi = await start();
  const readEvents = await recordEvents(onggi);
  const input = await InputMethod.of(page);
  await onggi.composer.pressSequentially('Hello');
  await input.pressEnter();
  await expectSentOnce(onggi, 'Hello', endpoint);
  expect(await readEvents()).toEqual(['keydown 13', 'line break']);
});

test('Shift+Enter makes a line', async ({ start, endpoint }) => {
  const onggi = await start();
  await onggi.composer.pressSequentially('One');
  await onggi.composer.press('Shift+Enter');
  await onggi.composer.pressSequentially('Two');
  await expect(onggi.composer).toHaveValue('One\nTwo');
  expect(chatRequests(endpoint)).toEqual([]);
  await onggi.composer.press('Enter');
  await expectSentOnce(onggi, 'One\nTwo', endpoint);
});

test('a Japanese Enter confirms, and the next one sends', async ({ start, page, endpoint }) => {
  const onggi = await start();
  const readEvents = await recordEvents(onggi);
  const input = await InputMethod.of(page);
  await input.compose(['k', 'か', 'かn', 'かんj', 'かんじ', '漢字']);
  await input.confirm('漢字');
  await expect(onggi.composer).toHaveValue('漢字');
  expect(await readEvents()).not.toContain('line break');
  expect((await readEvents()).slice(-2)).toEqual(['keydown 229 composing', 'compositionend']);
  await expect(onggi.send).toBeEnabled();
  await expect(onggi.questions).toHaveCount(0);
  expect(chatRequests(endpoint)).toEqual([]);

  await input.pressEnter();
  await expectSentOnce(onggi, '漢字', endpoint);
});

test('a Korean Enter with a second keydown sends the whole text once', async ({
  start,
  page,
  endpoint,
}) => {
  const onggi = await start();
  const readEvents = await recordEvents(onggi);
  const input = await InputMethod.of(page);
  await input.compose(HANGUL);
  await input.confirm('한글');
  await input.pressEnter();
  await expectSentOnce(onggi, '한글', endpoint);
  expect((await readEvents()).slice(-4)).toEqual([
    'keydown 229 composing',
    'compositionend',
    'keydown 13',
    'line break',
  ]);
});

test('a Korean Enter without a second keydown sends the whole text once', async ({
  start,
  page,
  endpoint,
}) => {
  const onggi = await start();
  const readEvents = await recordEvents(onggi);
  const input = await InputMethod.of(page);
  await input.compose(HANGUL);
  await input.confirm('한글');
  await input.passEnterOn();
  await expectSentOnce(onggi, '한글', endpoint);
  expect((await readEvents()).slice(-3)).toEqual([
    'keydown 229 composing',
    'compositionend',
    'line break',
  ]);
});

test('Enter in the middle of a composition sends nothing', async ({ start, page, endpoint }) => {
  const onggi = await start();
  const input = await InputMethod.of(page);
  await onggi.composer.pressSequentially('안녕하세');
  await input.compose(['ㅇ', '요']);
  // The line break comes while the syllable is still open: only the text counts.
  await onggi.composer.evaluate((field) => {
    const init = { inputType: 'insertLineBreak', isComposing: true, cancelable: true };
    field.dispatchEvent(new InputEvent('beforeinput', init));
  });
  await expect(onggi.composer).toHaveValue('안녕하세요');
  await input.confirm('요');
  await input.pressEnter();
  await expectSentOnce(onggi, '안녕하세요', endpoint);
});

test('the shortcuts of the box are dead while composing', async ({ start, page }) => {
  const onggi = await start({ model: 'steady' });
  await onggi.say('Count');
  await expect(onggi.answers.last()).toContainText('w2');
  const input = await InputMethod.of(page);
  await onggi.composer.focus();
  await input.compose(['ㅎ', '하']);
  // Esc ends the composition in an input method; the answer goes on.
  await onggi.composer.evaluate((field) => {
    const init = { key: 'Escape', isComposing: true, keyCode: 229, bubbles: true };
    field.dispatchEvent(new KeyboardEvent('keydown', init));
  });
  const words = await onggi.answers.last().innerText();
  await expect(onggi.answers.last()).not.toHaveText(words);
  await expect(onggi.stop).toBeVisible();
});
