import { putDocumentTexts } from '#db/documents.ts';
import { addNewRows, putRows } from '#db/staging-rows.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { createAttachmentFiller } from './attachment-filler.ts';
import { createLedger } from './ledger.ts';
import type { ProblemNotes } from './problems.ts';
import type { ReadMessage, TableRows } from './read-rows.ts';
import { createWritesInFlight } from './row-sink.ts';
import type { RowSink } from './row-sink.ts';
import { createSettingsCollector } from './settings-rows.ts';
import { withoutNotices } from './small-rows.ts';
import type { StoredText } from './small-rows.ts';
import { createUsageCollector } from './usage-rows.ts';
import { settleConversations } from './settle-conversations.ts';

/**
 * Pieces of messages that are written at once: the database is never without work while the next rows are
 * unpacked and checked.
 */
const MOST_PIECES = 3;

/** Fills an empty database with the rows of a backup. Of rows with one id the first is taken. */
export function createReplaceSink(
  staging: OnggiDatabase,
  notes: ProblemNotes,
  signal: AbortSignal | undefined,
): RowSink {
  const db = staging.relaxed;
  const writing = createWritesInFlight();
  const ledger = createLedger();
  const settings = createSettingsCollector();
  const usage = createUsageCollector((days) => add(db.usageStatistics, days));
  const attachments = createAttachmentFiller(staging, notes);

  async function add<Row extends { readonly id: string }, Key>(
    table: Parameters<typeof addNewRows<Row, Key>>[0],
    rows: readonly Row[],
  ): Promise<readonly Row[]> {
    const places = await addNewRows(table, rows);
    const twice = places.flatMap((place) => rows[place] ?? []);
    for (const { id } of twice) notes.note('duplicate_ids', id);
    return twice;
  }

  async function addMessages(read: readonly ReadMessage[]): Promise<void> {
    const rows = read.map((message) => ledger.addMessage(message));
    for (const { conversationId } of await add(db.messages, rows))
      ledger.demandWalk(conversationId);
  }

  async function addDocuments(read: readonly StoredText[]): Promise<void> {
    const rows = read.map(({ text: _text, ...row }) => row);
    const twice = new Set(await add(db.documents, rows));
    await putDocumentTexts(
      db,
      read.filter((_row, at) => !rows[at] || !twice.has(rows[at])),
    );
  }

  async function store(read: TableRows): Promise<void> {
    switch (read.table) {
      case 'sessions':
        await add(db.sessions, read.rows);
        return;
      case 'user_settings':
        settings.add(read.rows);
        return;
      case 'user_settings_extra':
        settings.addExtras(read.rows);
        return;
      case 'schema_versions':
        return putRows(db.schemaVersions, read.rows);
      case 'endpoints':
        await add(db.endpoints, read.rows);
        return;
      case 'usage_statistics':
        return usage.add(read.rows);
      case 'documents':
        await addDocuments(read.rows);
        return;
      case 'drafts':
        await add(db.drafts, read.rows);
        return;
      case 'maintenance_runs':
        await add(db.maintenanceRuns, read.rows.map(withoutNotices));
        return;
      case 'imports':
        await add(db.imports, read.rows);
        return;
      case 'conversations':
        for (const row of read.rows) ledger.addConversation(row);
        await add(db.conversations, read.rows);
        return;
      case 'messages':
        return addMessages(read.rows);
      case 'attachments':
        await add(db.attachments, read.rows);
        for (const row of read.rows) attachments.expect(row);
        return;
      case 'attachment_parts':
        return attachments.addParts(read.rows);
    }
  }

  return {
    take: (rows) => writing.begin(() => store(rows), rows.table === 'messages' ? MOST_PIECES : 1),
    async finish(isOurs) {
      await writing.end();
      await attachments.finish();
      await usage.finish();
      const collected = settings.collect(isOurs);
      await putRows(
        db.userSettings,
        collected.map(({ row }) => row),
      );
      await settleConversations(staging, ledger.entries.values(), { notes, signal });
    },
    merged: () => null,
  };
}
