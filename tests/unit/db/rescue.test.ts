import { expect, test } from 'vitest';
import { rescueEverything } from '#db/rescue.ts';
import { toConversationId, toEndpointId, toMessageId } from '#domain/ids.ts';
import { makeConversation, makeLine } from './conversation-rows.ts';
import { openForTest } from './fresh-database.ts';

test('takes out every row but keys, bytes too', async () => {
  const db = await openForTest();
  const title = `rescued ${crypto.randomUUID()}`;
  await db.strict.conversations.add(makeConversation('c', { title }));
  await db.strict.messages.bulkAdd(makeLine('c', 3).map((row, seq) => ({ ...row, seq })));
  await db.strict.attachments.add({
    id: 'a',
    conversationId: toConversationId('c'),
    messageId: toMessageId('m0'),
    name: 'file',
    mediaType: 'text/plain',
    sizeBytes: 3,
    bytes: new TextEncoder().encode('abc').buffer,
  });
  await db.strict.secrets.add({
    id: toEndpointId('e'),
    origin: 'https://secret.example',
    sealed: {
      version: 1,
      keyId: 'k' as never,
      iv: new Uint8Array(12),
      ciphertext: new Uint8Array(),
    },
    lastFour: '',
    createdAt: 0,
    updatedAt: 0,
  });
  const { blob, rowCount } = await rescueEverything({ now: 0 });
  const text = await blob.text();
  const file = JSON.parse(text) as Record<string, unknown[]>;
  expect(file[`${db.name}/messages`]).toHaveLength(3);
  expect(file[`${db.name}/conversations`]).toMatchObject([{ title }]);
  expect(file[`${db.name}/attachments`]).toMatchObject([{ bytes: { $bytes: btoa('abc') } }]);
  expect(rowCount).toBeGreaterThanOrEqual(5);
  expect(text).not.toContain('secret.example');
  // It neither changed nor blocked the database.
  expect(await db.strict.conversations.get(toConversationId('c'))).toBeDefined();
});
