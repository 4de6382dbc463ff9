import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createConversation } from '#domain/conversation.ts';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import { writePostgres } from '#portability/export-postgres.ts';
import type { SqlTally } from '#portability/sql-rows.ts';
import { startPostgres, whyNoPostgres } from '../../support/postgres-server.ts';
import type { PostgresServer } from '../../support/postgres-server.ts';
import { EMPTY_STORE, HOSTILE_TEXTS, anyStore, toPages } from './sql-store.ts';
import type { StoreRows } from './sql-store.ts';

async function dump(rows: StoreRows, pageSize = 1000): Promise<string> {
  const tally: SqlTally = { rowsByTable: {}, leftOutCount: 0 };
  let text = '';
  const pieces = writePostgres(toPages(rows, pageSize), tally, { schemaVersion: 2 });
  // Through UTF-8, as a file has it: a lone surrogate left in it would become something else.
  const bytes: Uint8Array[] = [];
  for await (const piece of pieces) bytes.push(new TextEncoder().encode(piece));
  for (const part of bytes) text += new TextDecoder('utf-8', { ignoreBOM: true }).decode(part);
  return text;
}

/** What PostgreSQL can keep of a text. */
const storable = (text: string): string =>
  text.replace(/\p{Surrogate}/gu, '\ufffd').replaceAll('\0', '');

/** The bytes of a text, because psql itself shows some characters of the last plane as nothing. */
const hexOf = (text: string): string => Buffer.from(storable(text)).toString('hex');
const asHex = (column: string): string => `encode(convert_to(${column}, 'UTF8'), 'hex')`;

/** One conversation; a message, a title and a model of each text. */
function storeOfTexts(texts: readonly string[]): StoreRows {
  const conversationId = toConversationId('c');
  const sessionId = toSessionId('no such session');
  const messages = texts.map((text, seq) =>
    createMessage({
      id: toMessageId(`m${seq}`),
      conversationId,
      sessionId,
      parentId: seq === 0 ? null : toMessageId(`m${seq - 1}`),
      seq,
      role: 'user',
      content: text,
      timestamp: 1_700_000_000_123 + seq,
      modelUsed: text,
      metadata: { said: text, [text]: [text] },
      tokenCount: 3_000_000_000,
    }),
  );
  const conversation = createConversation({
    id: conversationId,
    sessionId,
    title: '긴'.repeat(300),
    createdAt: 1_700_000_000_123,
  });
  const bytes = Uint8Array.from({ length: 300_000 }, (_value, index) => index % 256).buffer;
  const attachment = {
    id: 'a',
    conversationId,
    messageId: toMessageId('m0'),
    name: '그림 \0\ud800.png',
    mediaType: 'image/png',
    sizeBytes: 300_000,
    bytes,
  };
  return { ...EMPTY_STORE, conversations: [conversation], messages, attachments: [attachment] };
}

const reason = whyNoPostgres();

describe.skipIf(reason !== undefined)(
  `the .sql file in PostgreSQL (${reason ?? 'psql and postgres are here'})`,
  () => {
    let server: PostgresServer;
    let schemaCount = 0;

    beforeAll(async () => {
      server = await startPostgres();
    }, 60_000);
    afterAll(() => server.stop());

    /** Loads a dump into a schema of its own and gives what a query over it says, as JSON. */
    function load(sql: string): (query: string) => unknown {
      const schema = `s${(schemaCount += 1)}`;
      const { stderr } = server.psql(schema, sql);
      expect(stderr).toBe('');
      return (query) => JSON.parse(server.psql(schema, query).stdout) as unknown;
    }

    it('loads without a word and holds every hostile text', async () => {
      const texts = [...HOSTILE_TEXTS, 'x'.repeat(60), '글'.repeat(100_000)];
      const rows = storeOfTexts(texts);
      const ask = load(await dump(rows));
      for (const column of ['content', 'model_used', `metadata::jsonb ->> 'said'`]) {
        expect(
          ask(`SELECT json_agg(${asHex(column)} ORDER BY "timestamp") FROM messages`),
          column,
        ).toEqual(texts.map(hexOf));
      }
      expect(ask('SELECT to_json(length(title)) FROM conversations')).toBe(300);
      expect(ask('SELECT to_json(min(token_count)) FROM messages')).toBe(3_000_000_000);
      const bytes = new Uint8Array(rows.attachments[0]?.bytes ?? new ArrayBuffer());
      const digest = createHash('sha256').update(bytes).digest('hex');
      expect(ask(`SELECT to_json(encode(sha256(bytes), 'hex')) FROM attachments`)).toBe(digest);
      expect(ask('SELECT json_agg(name) FROM attachments')).toEqual(['그림 \ufffd.png']);
    });

    it('loads any store: every row, every instant in UTC, every JSON value as jsonb', async () => {
      await fc.assert(
        fc.asyncProperty(anyStore, fc.constantFrom(1, 1000), async (rows, pageSize) => {
          const ask = load(await dump(rows, pageSize));
          const found = ask(`SELECT json_build_object(
            'conversations', (SELECT count(*) FROM conversations),
            'attachments', (SELECT count(*) FROM attachments),
            'usage', (SELECT count(*) FROM usage_statistics),
            'drafts', (SELECT count(*) FROM drafts),
            'cache', (SELECT count(*) FROM response_cache),
            'json', (SELECT count(metadata::jsonb || to_jsonb(attachments)) FROM messages),
            'contents', (SELECT coalesce(json_agg(${asHex('content')}), '[]') FROM messages),
            'instants', (SELECT coalesce(json_agg(round(extract(epoch FROM "timestamp") * 1000)), '[]')
                         FROM messages))`);
          expect(found).toEqual({
            conversations: rows.conversations.length,
            attachments: rows.attachments.length,
            usage: rows.usageStatistics.length,
            drafts: rows.drafts.length,
            cache: 0,
            json: rows.messages.length,
            contents: rows.messages.map(({ content }) => hexOf(content)),
            instants: rows.messages.map(({ timestamp }) => timestamp),
          });
        }),
        { numRuns: 25 },
      );
    }, 120_000);

    it('has the foreign keys and the indexes of the specification', async () => {
      const ask = load(await dump(storeOfTexts(['x'])));
      expect(
        ask(`SELECT json_agg(conrelid::regclass || ' ' || conname ORDER BY 1) FROM pg_constraint
             WHERE contype = 'f' AND connamespace = current_schema()::regnamespace`),
      ).toHaveLength(5);
      expect(
        ask(`SELECT json_agg(indexname ORDER BY indexname) FROM pg_indexes
             WHERE schemaname = current_schema() AND indexname LIKE 'idx%'`),
      ).toContain('idx_messages_conversation_id');
      expect(ask(`SELECT to_json(status) FROM sessions WHERE session_id = 'no such session'`)).toBe(
        'expired',
      );
    });

    it('loads an empty store, and instants no calendar of it has', async () => {
      load(await dump(EMPTY_STORE));
      const rows = storeOfTexts(['x']);
      const messages = [-8.64e15, 8.64e15, -62_135_596_800_001].map((timestamp, index) => ({
        ...(rows.messages[0] as NonNullable<(typeof rows.messages)[0]>),
        id: toMessageId(`t${index}`),
        timestamp,
      }));
      const ask = load(await dump({ ...rows, messages, attachments: [] }));
      expect(ask(`SELECT json_agg(extract(year FROM "timestamp")) FROM messages`)).toEqual([
        1, 9999, 1,
      ]);
    });

    it('changes nothing when it is loaded where its tables are', async () => {
      const sql = await dump(storeOfTexts(['x']));
      const ask = load(sql);
      expect(() => server.psql(`s${schemaCount}`, sql)).toThrow('already exists');
      expect(ask('SELECT count(*) FROM messages')).toBe(1);
    });
  },
);
