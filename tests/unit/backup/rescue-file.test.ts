import { describe, expect, test } from 'vitest';
import * as fc from 'fast-check';
import { addDocument } from '#db/documents.ts';
import { rescueEverything } from '#db/rescue.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import { toConversationId, toMessageId } from '#domain/ids.ts';
import { wholeConversations } from './arbitrary-rows.ts';
import {
  NOW,
  addWhole,
  databaseNames,
  dump,
  openHome,
  problemCounts,
  restore,
  stage,
  verify,
  wholeConversation,
} from './support.ts';
import type { Home } from './support.ts';

async function rescue({ names }: Home): Promise<File> {
  const { blob } = await rescueEverything({ now: NOW, bootName: names.bootName });
  return new File([blob], 'onggi-rescue-2023-11-14.json');
}

describe('a file of the rescue screen', () => {
  test('brings every row back, attachments with their bytes', async () => {
    const home = await openHome();
    const [wholes] = fc.sample(wholeConversations(12), { numRuns: 1, seed: 20_261_128 });
    await addWhole(home.db, ...(wholes ?? []), wholeConversation('c', 5));
    await home.db.strict.attachments.add({
      id: 'a',
      conversationId: toConversationId('c'),
      messageId: toMessageId('c-m0'),
      name: '항아리.png',
      mediaType: 'image/png',
      sizeBytes: 300_000,
      bytes: new Uint8Array(300_000).map((_, index) => index % 251).buffer,
    });
    await home.db.strict.userSettings.put({
      ...createUserSettings('ja', NOW),
      systemPrompt: '친절하게',
    });
    await home.db.strict.drafts.add({ id: 'new', text: '쓰다 만', pasted: ['x'], updatedAt: NOW });
    await addDocument(home.db, {
      id: 'd',
      name: '장독대.md',
      mediaType: 'text/markdown',
      sizeBytes: 9,
      text: '볕이 든다. '.repeat(1000),
      createdAt: NOW,
      updatedAt: NOW,
      source: 'file',
    });
    const before = await dump(home.db);
    const file = await rescue(home);
    const { counts, createdAt, isVerifiable, problems } = await verify(file);
    expect({ createdAt, isVerifiable, problems }).toEqual({
      createdAt: NOW,
      isVerifiable: false,
      problems: [],
    });
    expect(counts).toMatchObject({ conversations: 13, attachments: 1, drafts: 1, documents: 1 });
    const { db } = await restore(await openHome(), file);
    expect(await dump(db)).toEqual(before);
  });

  test('is merged with what is here', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 3));
    const other = await openHome();
    await addWhole(other.db, wholeConversation('d', 2));
    const { db } = await restore(other, await rescue(home), { mode: 'merge' });
    expect(await db.strict.conversations.toCollection().primaryKeys()).toEqual(['c', 'd']);
    expect(await db.strict.messages.toArray()).toHaveLength(5);
  });

  test('leaves out rows that are no rows, and says so', async () => {
    const home = await openHome();
    await addWhole(home.db, wholeConversation('c', 3));
    const text = await (await rescue(home)).text();
    const broken = text.replace('"content":"', '"content":{},"x":"').replace('"c-m1"', '7');
    const summary = await verify(new File([broken], 'onggi-rescue.json'));
    expect(problemCounts(summary)).toHaveProperty('rows_unreadable');
    expect(summary.counts.conversations).toBe(1);
  });

  test('of the first rescue screens is read as it was written then', async () => {
    const conversation = { ...wholeConversation('c', 1).conversation, title: '옛 이야기' };
    const [message] = wholeConversation('c', 1).messages;
    // As the first rescue screens wrote it, letter by letter: every table one text, bytes as base64.
    const text =
      '{"format":"onggi-rescue","created_at":"2023-11-14T22:13:20.000Z","live":"onggi-restore-1-00000000",\n' +
      '"onggi/conversations":[{"id":"other"}],\n' +
      `"onggi-restore-1-00000000/conversations":[${JSON.stringify(conversation)}],\n` +
      `"onggi-restore-1-00000000/messages":[${JSON.stringify(message)}],\n` +
      '"onggi-restore-1-00000000/attachments":[{"id":"a","conversationId":"c","messageId":"c-m0",' +
      '"name":"a.txt","mediaType":"text/plain","sizeBytes":3,"bytes":{"$bytes":"YWJj"}}]}\n';
    const { db } = await restore(
      await openHome(),
      new File([text], 'onggi-rescue-2023-11-14.json'),
    );
    expect(await db.strict.conversations.toArray()).toMatchObject([{ title: '옛 이야기' }]);
    expect(await db.strict.messages.toArray()).toHaveLength(1);
    const [attachment] = await db.strict.attachments.toArray();
    expect(new TextDecoder().decode(attachment?.bytes)).toBe('abc');
  });

  test.each(['{"format":"onggi-rescue"}', '{"format":"onggi-rescue","live":7,"x/messages":[]}'])(
    'without rows is none: %s',
    async (text) => {
      const home = await openHome();
      const file = new File([text], 'onggi-rescue.json');
      await expect(stage(home, file)).rejects.toMatchObject({ code: 'file/not-a-backup' });
      expect(await databaseNames(home)).toEqual([home.names.defaultName]);
    },
  );
});
