import { describe, expect, it } from 'vitest';
import { geminiHtmlFormat } from '#portability/formats/gemini-html.ts';
import {
  conversationsOf,
  expectWellFormed,
  onlyConversation,
  readText,
  spoken,
} from '../../../support/read-format.ts';

function cell(content: string, header = 'Gemini Apps'): string {
  return (
    '<div class="outer-cell mdl-cell mdl-cell--12-col mdl-shadow--2dp"><div class="mdl-grid">' +
    `<div class="header-cell mdl-cell mdl-cell--12-col"><p class="mdl-typography--title">${header}<br></p></div>` +
    `<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">${content}</div>` +
    '<div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1 mdl-typography--text-right"></div>' +
    '<div class="content-cell mdl-cell mdl-cell--12-col mdl-typography--caption"><b>Products:</b><br>Gemini Apps<br><b>Locations:</b><br>secret-place</div>' +
    '</div></div>'
  );
}

function page(...cells: string[]): string {
  return `<html><head><title>My Activity</title><style>.x{}</style></head><body><div class="mdl-grid">${cells.join('')}</div></body></html>`;
}

const ENGLISH = cell(
  'Prompted&nbsp;What is <b>onggi</b>?<br>Second line<br>Nov 22, 2026, 3:04:05 PM UTC<br><p>A <strong>jar</strong>.</p><ul><li>clay</li></ul>',
);

describe('geminiHtmlFormat', () => {
  it('knows the page by its cells', () => {
    expect(geminiHtmlFormat.matches(page(ENGLISH), 'myactivity.html')).toBe(true);
    expect(geminiHtmlFormat.matches(page(cell('x', 'YouTube').replaceAll('Gemini', '')), 'a')).toBe(
      false,
    );
    expect(geminiHtmlFormat.matches('<p>Gemini outer-cell</p>', 'a')).toBe(false);
  });

  it('knows a page of which only the style sheet was seen, and says when it has no Gemini', () => {
    const style = '<html><head><style>.mdl-grid{display:flex}';
    expect(geminiHtmlFormat.matches(style, 'a')).toBe(true);
    expect(geminiHtmlFormat.matches(`${style}</style></head><body><p>x`, 'a')).toBe(false);
    expect(readText(geminiHtmlFormat, page(cell('Watched x', 'YouTube')))).toMatchObject([
      { kind: 'skipped', reason: 'empty_conversation' },
    ]);
  });

  it('parts prompt, date and answer', () => {
    const items = readText(geminiHtmlFormat, page(ENGLISH));
    expectWellFormed(items);
    const conversation = onlyConversation(items);
    expect(spoken(conversation)).toEqual([
      'user: What is onggi?\nSecond line',
      'assistant: A **jar**.\n\n- clay',
    ]);
    expect(conversation.messages[0]?.timestamp).toBe(Date.UTC(2026, 10, 22, 15, 4, 5));
    expect(JSON.stringify(items)).not.toContain('secret-place');
  });

  it.each([
    [
      'Eingegebener Prompt: Hallo<br>18.04.2026, 17:38:51 MESZ<br><p>Ja</p>',
      'Hallo',
      Date.UTC(2026, 3, 18, 15, 38, 51),
    ],
    [
      '옹기가 뭐야? 🏺<br>2026. 4. 18. 오후 5:38:51 KST<br><p>Ja</p>',
      '옹기가 뭐야? 🏺',
      Date.UTC(2026, 3, 18, 8, 38, 51),
    ],
    [
      '送信したメッセージ: 壺<br>2026/04/18 17:38:51 JST<br><p>Ja</p>',
      '壺',
      Date.UTC(2026, 3, 18, 8, 38, 51),
    ],
  ])('reads other languages: %s', (content, prompt, at) => {
    const [question, answer] = onlyConversation(
      readText(geminiHtmlFormat, page(cell(content))),
    ).messages;
    expect([question?.content, question?.timestamp, answer?.content]).toEqual([prompt, at, 'Ja']);
  });

  it('takes the names of files out of the prompt', () => {
    const content =
      'Prompted Look<br>Attached 1 file.<br>- <a href="my%20photo.png">my photo.png</a><br>Nov 22, 2026, 3:04:05 PM UTC<br><p>Nice</p>';
    const [question] = onlyConversation(readText(geminiHtmlFormat, page(cell(content)))).messages;
    expect(question?.content).toBe('Look');
    expect(question?.attachments).toMatchObject([
      { name: 'my photo.png', assetKeys: ['my photo.png'] },
    ]);
  });

  it('knows files by their place from the page', () => {
    const content =
      'Prompted Look<br>- <a href="a%2Fmy%20photo.png">my photo.png</a><br>Nov 22, 2026, 3:04:05 PM UTC';
    const file = { fileName: 'takeout.zip/Gemini Apps/MyActivity.html' };
    const read = readText(geminiHtmlFormat, page(cell(content)), file);
    expect(onlyConversation(read).messages[0]?.attachments).toMatchObject([
      { name: 'my photo.png', assetKeys: ['takeout.zip/Gemini Apps/a/my photo.png'] },
    ]);
  });

  it('keeps prompt and answer when no date can be read', () => {
    const conversation = onlyConversation(
      readText(geminiHtmlFormat, page(cell('Prompted Hi<br>someday<br><p>Yes</p>'))),
    );
    expect(spoken(conversation)).toEqual(['user: Hi\nsomeday', 'assistant: Yes']);
    expect(conversation.notes).toContain('date_unknown');
  });

  it('leaves other products alone and parts by time', () => {
    const later = cell('Prompted Later<br>Nov 22, 2026, 8:04:05 PM UTC<br><p>Yes</p>');
    const items = readText(geminiHtmlFormat, page(later, cell('Watched x', 'YouTube'), ENGLISH));
    expect(conversationsOf(items).map(({ messages }) => messages[0]?.content)).toEqual([
      'What is onggi?\nSecond line',
      'Later',
    ]);
  });

  it('reads broken pages without throwing', () => {
    for (const text of [
      '',
      '<div class="outer-cell">',
      '<div class="outer-cell"><div class="content-cell">',
      page(ENGLISH).slice(0, 900),
      '<div class="outer-cell">'.repeat(20_000),
    ]) {
      expectWellFormed(readText(geminiHtmlFormat, text));
    }
  });
});
