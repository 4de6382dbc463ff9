import { expect, test } from 'vitest';
import { writeArchiveConversation } from '#portability/archive-conversation.ts';
import { ENGLISH_ARCHIVE_TEXTS } from '#portability/archive-texts.ts';
import { toMessageId } from '#domain/ids.ts';
import { makeConversation, makeMessage } from '../db/conversation-rows.ts';

const options = { texts: ENGLISH_ARCHIVE_TEXTS, pathOf: () => undefined, isAnonymised: false };

test('a page shows answers as Markdown, what a person wrote as it was written, and runs nothing', () => {
  const messages = [
    makeMessage('c', 'q', null, { content: '**stars** <b>', role: 'user' }),
    makeMessage('c', 'a', 'q', {
      ...{ seq: 1, role: 'assistant', content: '**옹기**는 <script>x</script>' },
      reasoning: '1. first',
    }),
  ];
  const conversation = makeConversation('c', {
    ...{ title: '<i>Pots</i>', messageCount: 2, lastSeq: 1, activeLeafId: toMessageId('a') },
  });
  const page = [...writeArchiveConversation({ conversation, messages }, options)].join('');
  expect(page).toContain('>**stars** &lt;b&gt;</div>');
  expect(page).toContain('<p><strong>옹기</strong>는 &lt;script&gt;x&lt;/script&gt;</p>');
  expect(page).toContain('<ol>\n<li>first</li>\n</ol>');
  expect(page).toContain('<h1 dir="auto">&lt;i&gt;Pots&lt;/i&gt;</h1>');
  expect(page).toContain("default-src 'none'");
  expect(page).not.toMatch(/<script|<b>|<i>| on\w+=/);
  expect(page).toContain('@media (prefers-color-scheme:dark)');
});
