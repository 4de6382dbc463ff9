import { describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { toCopyField, writePostgres } from '#portability/export-postgres.ts';
import type { SqlTally } from '#portability/sql-rows.ts';
import type { ColumnKind } from '#portability/sql-schema.ts';
import { EMPTY_STORE, toPages } from './sql-store.ts';
import type { StoreRows } from './sql-store.ts';

const field = (kind: ColumnKind, value: unknown, rule = ''): string =>
  toCopyField({ name: 'x', kind, rule }, value);

describe('toCopyField', () => {
  it.each<[ColumnKind, unknown, string]>([
    ['text', null, '\\N'],
    ['text', undefined, '\\N'],
    ['text', '\\N', '\\\\N'],
    ['text', '\\.', '\\\\.'],
    ['text', 'a\tb\nc\rd\\', 'a\\tb\\nc\\rd\\\\'],
    ['text', 'a\0b\ud800', 'ab\ufffd'],
    ['id', 'a\0', '"a\\\\u0000"'],
    ['integer', 3_000_000_000, '3000000000'],
    ['integer', 1.5, '\\N'],
    ['integer', 2 ** 60, '\\N'],
    ['real', Number.NaN, '\\N'],
    ['real', 1e-7, '1e-7'],
    ['boolean', false, 'false'],
    ['boolean', 0, '\\N'],
    ['instant', '2026-11-22T07:30:23.123+00:00', '2026-11-22T07:30:23.123+00:00'],
    ['instant', '+275760-09-13T00:00:00.000+00:00', '9999-12-31T23:59:59.999+00:00'],
    ['instant', 'yesterday', '\\N'],
    ['json', '{"a":"\\u0000\\ud800x"}', '{"a":"\ufffdx"}'],
    ['json', { a: ['"'] }, '{"a":["\\\\""]}'],
  ])('writes %s %j as %s', (kind, value, expected) => {
    expect(field(kind, value)).toBe(expected);
  });

  it('writes an empty text where a text must be and is none', () => {
    expect(field('text', undefined, 'NOT NULL')).toBe('');
  });
});

function talk(messages: readonly Message[]): StoreRows {
  const conversation = createConversation({
    id: toConversationId('c'),
    sessionId: toSessionId('s'),
    createdAt: 0,
  });
  return { ...EMPTY_STORE, conversations: [conversation], messages };
}

function messageOf(seq: number, content: string): Message {
  return createMessage({
    id: toMessageId(`m${seq}`),
    conversationId: toConversationId('c'),
    sessionId: toSessionId('s'),
    parentId: null,
    seq,
    role: 'user',
    content,
    timestamp: 0,
  });
}

const newTally = (): SqlTally => ({ rowsByTable: {}, leftOutCount: 0 });

describe('writePostgres', () => {
  it('is one transaction, with the rows of a table in one block', async () => {
    const rows = talk([messageOf(0, 'one'), messageOf(1, 'two'), messageOf(2, 'three')]);
    const tally = newTally();
    let text = '';
    for await (const piece of writePostgres(toPages(rows, 1), tally, { schemaVersion: 2 })) {
      text += piece;
    }
    expect(text.match(/^(BEGIN|COMMIT);$/gm)).toEqual(['BEGIN;', 'COMMIT;']);
    expect(text.match(/^COPY "\w+"/gm)).toEqual([
      'COPY "sessions"',
      'COPY "conversations"',
      'COPY "messages"',
    ]);
    expect(text.match(/^\\\.$/gm)).toHaveLength(3);
    expect(tally).toEqual({
      rowsByTable: { sessions: 1, conversations: 1, messages: 3 },
      leftOutCount: 0,
    });
  });

  it('gives pieces of bounded size, also of a large attachment', async () => {
    const bytes = new ArrayBuffer(5_000_000);
    const file = { id: 'a', name: 'a', mediaType: 'x/y', sizeBytes: 5_000_000, bytes };
    const owner = { conversationId: toConversationId('c'), messageId: toMessageId('m0') };
    const rows = { ...talk([messageOf(0, 'x')]), attachments: [{ ...file, ...owner }] };
    let total = 0;
    for await (const piece of writePostgres(toPages(rows), newTally(), { schemaVersion: 2 })) {
      expect(piece.length).toBeLessThan(512 * 1024);
      total += piece.length;
    }
    expect(total).toBeGreaterThan(10_000_000);
  });

  it('stops when it is cancelled', async () => {
    const stop = new AbortController();
    const reading = async (): Promise<void> => {
      const options = {
        schemaVersion: 2,
        signal: stop.signal,
        onProgress: () => stop.abort(new Error('enough')),
      };
      const rows = talk([messageOf(0, 'x')]);
      for await (const _piece of writePostgres(toPages(rows), newTally(), options));
    };
    await expect(reading()).rejects.toThrow('enough');
  });

  it('leaves out damaged rows and days that are none, and counts them', async () => {
    const damaged = { ...messageOf(1, 'x'), metadata: undefined } as unknown as Message;
    const usage = {
      id: 'u',
      userId: 'gone',
      date: '2026-02-31',
      model: 'm',
    } as unknown as StoreRows['usageStatistics'][0];
    const rows = { ...talk([messageOf(0, 'x'), damaged]), usageStatistics: [usage] };
    const tally = newTally();
    for await (const _piece of writePostgres(toPages(rows), tally, { schemaVersion: 2 }));
    expect(tally).toEqual({
      rowsByTable: { sessions: 1, conversations: 1, messages: 1 },
      leftOutCount: 2,
    });
  });
});
