import { describe, expect, it } from 'vitest';
import type { OnggiDatabase } from '#db/open-database.ts';
import { toMessageId } from '#domain/ids.ts';
import { exportSql } from '#portability/export-sql.ts';
import { readSqliteItems } from '#portability/import-sqlite.ts';
import { loadSqlite } from '#portability/load-sqlite.ts';
import { openSqlite } from '#portability/open-sqlite.ts';
import { makeConversation, makeLine } from '../db/conversation-rows.ts';
import { openForTest } from '../db/fresh-database.ts';

const KEY = 'sk-marker-do-not-export';

async function fillDatabase(messageCount: number): Promise<OnggiDatabase> {
  const db = await openForTest();
  const messages = makeLine('c', messageCount).map((message, seq) => ({ ...message, seq }));
  const last = messages.at(-1);
  const conversation = makeConversation('c', {
    title: '옹기 \0 🙂',
    messageCount,
    lastSeq: messageCount - 1,
    activeLeafId: last?.id ?? null,
  });
  await db.strict.conversations.add(conversation);
  await db.strict.messages.bulkAdd(messages);
  await db.strict.attachments.add({
    id: 'file',
    conversationId: conversation.id,
    messageId: toMessageId('m0'),
    name: 'a.png',
    mediaType: 'image/png',
    sizeBytes: 3,
    bytes: new Uint8Array([1, 2, 3]).buffer,
  });
  await db.strict.drafts.add({ id: 'new', text: '쓰다 만 글', pasted: [], updatedAt: 5 });
  // Not a real key row, but text that must be nowhere in a file.
  const secret = { id: 'endpoint', note: KEY };
  await db.strict.table('secrets').add(secret);
  return db;
}

function collect(): { sink: WritableStream<Uint8Array<ArrayBuffer>>; blob: () => Blob } {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    write: (part) => void parts.push(part),
  });
  return { sink, blob: () => new Blob(parts) };
}

describe('exportSql', () => {
  it('writes the database of this browser as SQLite, and the rows come back', async () => {
    const db = await fillDatabase(1001);
    const { sink, blob } = collect();
    const tally = await exportSql(db, 'sqlite', sink, {});
    expect(tally).toMatchObject({
      leftOutCount: 0,
      rowsByTable: { conversations: 1, messages: 1001, attachments: 1, drafts: 1, sessions: 1 },
    });

    const bytes = new Uint8Array(await blob().arrayBuffer());
    expect(new TextDecoder('latin1').decode(bytes)).not.toContain(KEY);
    const file = openSqlite(await loadSqlite(), bytes);
    const [item] = [...readSqliteItems(file, 0)];
    file.close();
    const stored = await db.strict.conversations.get(makeConversation('c').id);
    const messages = await db.strict.messages.orderBy('[conversationId+seq]').toArray();
    expect(item).toMatchObject({ kind: 'native', native: { conversation: stored, messages } });
  });

  it('writes it as text for psql', async () => {
    const db = await fillDatabase(3);
    const { sink, blob } = collect();
    const steps: string[] = [];
    await exportSql(db, 'postgres', sink, { onProgress: ({ step }) => steps.push(step) });
    const text = await blob().text();
    expect(text).toContain('\nm0\tc\tsession\tuser\ttext of m0\t2023-11-14T22:13:20.000+00:00\t');
    expect(text).toContain('\\\\x010203\n\\.\n');
    expect(text.endsWith('\nCOMMIT;\n')).toBe(true);
    expect(text).not.toContain(KEY);
    expect(steps).toContain('messages');
  });

  it.each(['sqlite', 'postgres'] as const)(
    'leaves no half a %s file when cancelled',
    async (format) => {
      const db = await fillDatabase(3);
      const stop = new AbortController();
      let ending = 'open';
      const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
        close: () => void (ending = 'closed'),
        abort: () => void (ending = 'aborted'),
      });
      const onProgress = (): void => stop.abort(new Error('enough'));
      const exporting = exportSql(db, format, sink, { signal: stop.signal, onProgress });
      await expect(exporting).rejects.toThrow('enough');
      expect(ending).toBe('aborted');
    },
  );
});
