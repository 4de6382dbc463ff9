import { lacksPassagesOf } from '#db/document-integrity.ts';
import { putDocumentTexts } from '#db/documents.ts';
import { getAllRows, getRows, putRows, withoutStored } from '#db/staging-rows.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { BackupTable, MergeCount } from '#domain/backup-report.ts';
import type { Conversation } from '#domain/conversation.ts';
import { endpointOrigin } from '#domain/endpoint.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import type { ConversationId, MessageId } from '#domain/ids.ts';
import { mergeDocuments } from '#domain/merge-documents.ts';
import type { Attachment, ImportRun, LibraryDocument } from '#domain/stored-rows.ts';
import { createAttachmentFiller } from './attachment-filler.ts';
import { createLedger } from './ledger.ts';
import {
  isNewerConversation,
  mergeByTime,
  mergeConversation,
  mergeMessage,
  mergeSettings,
  withExtrasOf,
  withMeaningOf,
} from './merge-rows.ts';
import type { Merged } from './merge-rows.ts';
import type { ProblemNotes } from './problems.ts';
import type { ReadMessage, TableRows } from './read-rows.ts';
import { createWritesInFlight } from './row-sink.ts';
import type { RowSink } from './row-sink.ts';
import { createSettingsCollector } from './settings-rows.ts';
import type { CollectedSettings } from './settings-rows.ts';
import { withoutNotices } from './small-rows.ts';
import type { StoredText } from './small-rows.ts';
import { createUsageCollector } from './usage-rows.ts';
import { settleConversations } from './settle-conversations.ts';

/** The table of a database, as far as a merge needs it. */
type RowTable<Row, Key> = Parameters<typeof putRows<Row, Key>>[0];

/**
 * Puts the rows of a backup among those of `staging`, a copy of the live database: what is new is
 * added, what is newer in the file takes the place of what is here, and nothing is deleted.
 */
export function createMergeSink(
  staging: OnggiDatabase,
  notes: ProblemNotes,
  signal: AbortSignal | undefined,
): RowSink {
  const db = staging.relaxed;
  const writing = createWritesInFlight();
  const ledger = createLedger();
  const settings = createSettingsCollector();
  const usage = createUsageCollector((days) =>
    merge('usage_statistics', db.usageStatistics, days, idOf, (here, file) =>
      mergeByTime(here, file, ({ requestCount }) => requestCount),
    ),
  );
  const attachments = createAttachmentFiller(staging, notes);
  const counts: Partial<Record<BackupTable, MergeCount>> = {};
  /** Conversations of the file that are new here or newer than here. */
  const newer = new Set<ConversationId>();
  const added = new Set<ConversationId>();
  /** Conversations whose counters and links must be computed anew. */
  const touched = new Set<ConversationId>();

  function count(table: BackupTable, change: keyof MergeCount): void {
    const before = counts[table] ?? { added: 0, updated: 0, unchanged: 0 };
    counts[table] = { ...before, [change]: before[change] + 1 };
  }

  /** Merges rows of one table. @returns those that were put. */
  async function merge<Row, Key>(
    name: BackupTable,
    table: RowTable<Row, Key>,
    rows: readonly Row[],
    keyOf: (row: Row) => Key,
    decide: (here: Row, file: Row) => Merged<Row>,
  ): Promise<readonly Row[]> {
    const first = new Map<Key, Row>();
    for (const row of rows) {
      if (first.has(keyOf(row))) notes.note('duplicate_ids', String(keyOf(row)));
      else first.set(keyOf(row), row);
    }
    const keys = [...first.keys()];
    const here = await getRows(table, keys);
    const put: Row[] = [];
    for (const [index, row] of [...first.values()].entries()) {
      const known = here[index];
      const next = known === undefined ? row : decide(known, row);
      count(name, known === undefined ? 'added' : next === undefined ? 'unchanged' : 'updated');
      if (next !== undefined) put.push(next);
    }
    await putRows(table, put);
    return put;
  }

  const keep = (): undefined => undefined;

  /**
   * Imports of another device. What was here before is not theirs: undoing one of them must not take it away,
   * nor count it as brought. Called before any conversation or message of the file is put.
   */
  async function mergeImports(runs: readonly ImportRun[]): Promise<void> {
    const here = await getAllRows(db.imports);
    const days = new Set(here.flatMap(({ addedUsage = [] }) => addedUsage.map(({ id }) => id)));
    const own: ImportRun[] = [];
    for (const run of runs) {
      const added = Object.entries(run.addedIds) as [ConversationId, readonly MessageId[]][];
      const addedIds: [ConversationId, readonly MessageId[]][] = [];
      for (const [id, ids] of added) {
        const left = await withoutStored(db.messages, ids);
        if (left.length > 0) addedIds.push([id, left]);
      }
      const addedUsage = (run.addedUsage ?? []).filter(({ id }) => !days.has(id));
      // What it changed, it changed in the rows of the other device.
      const { changes: _changes, settings: _settings, addedSessionIds = [], ...rest } = run;
      const visits = await withoutStored(db.sessions, addedSessionIds);
      own.push({
        ...rest,
        ...(visits.length > 0 && { addedSessionIds: visits }),
        createdIds: await withoutStored(db.conversations, run.createdIds),
        addedIds: Object.fromEntries(addedIds),
        ...(run.addedUsage && { addedUsage }),
      });
    }
    await merge('imports', db.imports, own, idOf, keep);
  }

  async function mergeConversations(
    rows: readonly Conversation[],
    seedKeys: ReadonlyMap<Conversation, readonly string[]>,
  ): Promise<void> {
    const here = await getRows(
      db.conversations,
      rows.map(({ id }) => id),
    );
    for (const [index, row] of rows.entries()) {
      const known = here[index];
      if (!known) added.add(row.id);
      if (!known || isNewerConversation(known, row)) newer.add(row.id);
    }
    for (const row of await merge('conversations', db.conversations, rows, idOf, (known, row) =>
      mergeConversation(known, row, seedKeys.get(row)),
    )) {
      touch(row.id);
    }
  }

  async function mergeMessages(read: readonly ReadMessage[]): Promise<void> {
    const placed = read.map((message) => ({ ...message, row: ledger.addMessage(message) }));
    const byId = new Map(placed.map((message) => [message.row.id, message]));
    const put = await merge(
      'messages',
      db.messages,
      placed.map(({ row }) => row),
      idOf,
      (here, row) => {
        const message = byId.get(row.id);
        return message && mergeMessage(here, message, newer.has(row.conversationId));
      },
    );
    for (const { conversationId } of put) touch(conversationId);
  }

  function touch(id: ConversationId): void {
    touched.add(id);
    ledger.demandWalk(id);
  }

  async function mergeEndpoints(rows: readonly Endpoint[]): Promise<void> {
    const secrets = await getAllRows(db.secrets);
    const origins = new Map(secrets.map(({ id, origin }) => [id, origin]));
    await merge('endpoints', db.endpoints, rows, idOf, (here, file) => {
      const origin = origins.get(here.id);
      const isMoved = origin !== undefined && endpointOrigin(file.baseUrl) !== origin;
      if (!isMoved) return mergeByTime(here, file, ({ updatedAt }) => updatedAt);
      // A key is never sent to an address that a file names.
      notes.note('endpoint_redirected', here.name);
      return undefined;
    });
  }

  async function mergeAttachments(rows: readonly Attachment[]): Promise<void> {
    // Cut bytes are as good as missing where the file may have more of them.
    const isCut = ({ bytes, sizeBytes }: Attachment): boolean => bytes.byteLength < sizeBytes;
    const put = await merge('attachments', db.attachments, rows, idOf, (here, file) =>
      isCut(here) && file.sizeBytes > here.bytes.byteLength
        ? { ...here, sizeBytes: file.sizeBytes }
        : undefined,
    );
    for (const row of put) attachments.expect(row);
  }

  /** Of each document the later text and the later name, whichever side has them. */
  async function mergeLibrary(read: readonly StoredText[]): Promise<void> {
    const rows = read.map(({ text: _text, ...row }) => row);
    const texts = new Map(rows.map((row, at) => [row, read[at]]));
    const taken = new Set<LibraryDocument>();
    const put = await merge('documents', db.documents, rows, idOf, (here, file) => {
      const merged = mergeDocuments(here, file);
      // A text that the file does not have whole takes the place of none.
      if (merged?.takesText && texts.get(file)?.text === null) return undefined;
      if (merged?.takesText) taken.add(file);
      return merged?.row;
    });
    for (const row of put) if (texts.has(row)) taken.add(row);
    for (const row of rows) {
      const isText = !taken.has(row) && typeof texts.get(row)?.text === 'string';
      if (isText && (await lacksPassagesOf(db, row))) taken.add(row);
    }
    await putDocumentTexts(
      db,
      [...taken].flatMap((row) => texts.get(row) ?? []),
    );
  }

  async function mergeAllSettings(collected: readonly CollectedSettings[]): Promise<void> {
    // Those of the file are there by now, as far as they were taken.
    const connected = new Set((await getAllRows(db.endpoints)).map(({ id }) => id));
    const bare = new Set(collected.flatMap(({ row, hasExtras }) => (hasExtras ? [] : [row])));
    await merge(
      'user_settings',
      db.userSettings,
      collected.map(({ row }) => row),
      ({ userId }) => userId,
      (here, file) => {
        const next = bare.has(file) ? withExtrasOf(here, file) : file;
        return mergeSettings(here, withMeaningOf(here, next), (id) => connected.has(id));
      },
    );
  }

  async function store(read: TableRows): Promise<void> {
    const { table } = read;
    switch (table) {
      case 'sessions':
        await merge(table, db.sessions, read.rows, idOf, (here, file) =>
          mergeByTime(here, file, ({ lastActivity }) => lastActivity),
        );
        return;
      case 'user_settings':
        settings.add(read.rows);
        return;
      case 'user_settings_extra':
        settings.addExtras(read.rows);
        return;
      case 'schema_versions':
        // They tell the history of the database here.
        return;
      case 'endpoints':
        return mergeEndpoints(read.rows);
      case 'usage_statistics':
        return usage.add(read.rows);
      case 'documents':
        return mergeLibrary(read.rows);
      case 'drafts':
        await merge(table, db.drafts, read.rows, idOf, (here, file) =>
          mergeByTime(here, file, ({ updatedAt }) => updatedAt),
        );
        return;
      case 'maintenance_runs':
        await merge(table, db.maintenanceRuns, read.rows.map(withoutNotices), idOf, keep);
        return;
      case 'imports':
        return mergeImports(read.rows);
      case 'conversations':
        for (const row of read.rows) ledger.addConversation(row);
        return mergeConversations(read.rows, read.seedKeys);
      case 'messages':
        return mergeMessages(read.rows);
      case 'attachments':
        return mergeAttachments(read.rows);
      case 'attachment_parts':
        return attachments.addParts(read.rows);
    }
  }

  /** What the file says of the newer conversations; of the others, what the rows here say. */
  async function* touchedEntries() {
    for (const id of touched) {
      const entry = ledger.entries.get(id);
      if (!entry) continue;
      const [here] = await getRows(db.conversations, [id]);
      entry.said = here ?? null;
      entry.needsWalk = true;
      // Rows without a place join a tree that is there: it is not made a line.
      if (here && !added.has(id)) entry.looseCount = 0;
      yield entry;
    }
  }

  return {
    take: (rows) => writing.begin(() => store(rows)),
    async finish(isOurs) {
      await writing.end();
      await attachments.finish();
      await usage.finish();
      await mergeAllSettings(settings.collect(isOurs));
      await settleConversations(staging, touchedEntries(), { notes, signal, isMerge: true });
    },
    merged: () => counts,
  };
}

const idOf = <Id>({ id }: { readonly id: Id }): Id => id;
