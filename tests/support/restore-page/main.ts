/** A page that restores one backup after another until it is killed, and says afterwards what is live. */
import { writeParts } from '#backup/attachment-parts.ts';
import { createBackupClient } from '#backup/backup-client.ts';
import { readBootPointers } from '#db/boot-pointers.ts';
import { openDatabase } from '#db/open-database.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { deleteStaleDatabases } from '#db/staging.ts';
import { toSessionId } from '#domain/ids.ts';
import type { LibraryDocument } from '#domain/stored-rows.ts';

const CONVERSATIONS = 4;
const MESSAGES = 400;
/** Of an attachment: more than one part of it in a file. */
const ATTACHMENT_BYTES = 300_000;
/** Of a document: more than one chunk. */
const DOCUMENT_LINES = 400;

/** What is live after a kill. */
export interface Sight {
  /** Marks of conversations, messages, settings and drafts: one when the state is whole. */
  readonly marks: readonly string[];
  /** Marks of attachments and of documents; after a merge also those of the state before. */
  readonly attachmentMarks: readonly string[];
  readonly documentMarks: readonly string[];
  readonly attachments: number;
  /** Whether every attachment has all its bytes and every document all its text, of their own mark. */
  readonly isFilled: boolean;
  readonly conversations: number;
  readonly messages: number;
  /** Whether every conversation counts its messages rightly. */
  readonly isCounted: boolean;
  readonly databases: number;
}

interface KillPage {
  /** Restores marks from `first` on, until the end of this page. */
  run(first: number): Promise<void>;
  look(): Promise<Sight>;
}

declare global {
  interface Window {
    readonly killPage: KillPage;
    /** Given by the runner. */
    onStep(step: string): Promise<void>;
  }
}

const clock = (): number => Date.now();

function open(): Promise<OnggiDatabase> {
  const say = (what: string) => () => console.error(what);
  return openDatabase({
    clock,
    events: { onSuperseded: say('superseded'), onBlocked: say('blocked'), onLost: say('lost') },
  });
}

async function run(first: number): Promise<void> {
  for (let mark = first; ; mark += 1) {
    const db = await open();
    const client = createBackupClient({
      createWorker: () =>
        new Worker(new URL('../../../src/backup/backup.worker.ts', import.meta.url), {
          type: 'module',
        }),
      db,
      appVersion: 'kill',
      clock,
    });
    await window.onStep('stage');
    const sessionId = toSessionId('kill');
    const mode = mark % 4 === 3 ? 'merge' : 'replace';
    const waiting = await client.stage(await makeFile(mark), { mode, sessionId });
    await window.onStep('commit');
    await waiting.commit(waiting.preview.questions);
    await window.onStep('committed');
    await deleteStaleDatabases({ now: clock() });
  }
}

/** A whole state: every row bears the mark, ids are the same in all states. */
async function makeFile(mark: number): Promise<Blob> {
  const at = new Date(1_700_000_000_000 + mark * 1000).toISOString().replace('Z', '+00:00');
  const perConversation = MESSAGES / CONVERSATIONS;
  const object = {
    timestamp: '20231114_221320',
    format: 'onggi.backup',
    format_version: 1,
    schema_version: 1,
    app_version: 'kill',
    created_at: at,
    sessions: [],
    user_settings: [{ user_id: 'local', system_prompt: `mark ${mark}`, updated_at: at }],
    user_settings_extra: [],
    schema_versions: [],
    endpoints: [],
    usage_statistics: [],
    documents: [
      {
        document_id: `d${mark}`,
        name: `mark ${mark}`,
        created_at: at,
        updated_at: at,
        text: textOf(mark),
      },
    ],
    drafts: [{ draft_id: 'new', text: `mark ${mark}`, pasted: [], updated_at: at }],
    maintenance_runs: [],
    conversations: Array.from({ length: CONVERSATIONS }, (_value, index) => ({
      conversation_id: `c${index}`,
      session_id: 'kill',
      title: `mark ${mark}`,
      created_at: '2023-11-14T00:00:00.000+00:00',
      updated_at: at,
    })),
    messages: Array.from({ length: MESSAGES }, (_value, index) => ({
      message_id: `m${index}`,
      conversation_id: `c${Math.floor(index / perConversation)}`,
      session_id: 'kill',
      role: 'user',
      content: `mark ${mark}`,
      timestamp: at,
    })),
    attachments: Array.from({ length: CONVERSATIONS }, (_value, index) => ({
      attachment_id: `a${mark}-${index}`,
      conversation_id: `c${index}`,
      message_id: `m${index * perConversation}`,
      name: 'a.txt',
      media_type: 'text/plain',
      size_bytes: ATTACHMENT_BYTES,
    })),
    attachment_parts: Array.from({ length: CONVERSATIONS }, (_value, index) => [
      ...writeParts(`a${mark}-${index}`, bytesOf(mark)),
    ]).flat(),
  };
  const packed = new Blob([JSON.stringify(object)])
    .stream()
    .pipeThrough(new CompressionStream('gzip'));
  return new Response(packed).blob();
}

const textOf = (mark: number): string =>
  Array.from({ length: DOCUMENT_LINES }, (_value, line) => `Line ${line} of mark ${mark}.`).join(
    '\n',
  );

const bytesOf = (mark: number): ArrayBuffer =>
  new TextEncoder().encode(`mark ${mark};`.repeat(ATTACHMENT_BYTES).slice(0, ATTACHMENT_BYTES))
    .buffer;

async function isDocumentFilled(
  db: OnggiDatabase,
  { id, name }: LibraryDocument,
): Promise<boolean> {
  const chunks = await db.strict.documentChunks
    .where('[documentId+seq]')
    .between([id], [id, []])
    .toArray();
  const text = chunks.map((chunk) => chunk.text).join('\n');
  return (
    text.includes(`Line 0 of ${name}.`) && text.includes(`Line ${DOCUMENT_LINES - 1} of ${name}.`)
  );
}

async function look(): Promise<Sight> {
  const db = await open();
  const settings = await db.strict.userSettings.toArray();
  const drafts = await db.strict.drafts.toArray();
  const attachments = await db.strict.attachments.toArray();
  const documents = await db.strict.documents.toArray();
  const wholeAttachments = attachments.map(({ id, bytes }) => {
    const wanted = new Uint8Array(bytesOf(Number(/\d+/.exec(id)?.[0])));
    const found = new Uint8Array(bytes);
    return found.length === wanted.length && found.every((byte, at) => byte === wanted[at]);
  });
  const wholeDocuments = await Promise.all(documents.map((each) => isDocumentFilled(db, each)));
  const conversations = await db.strict.conversations.toArray();
  const messages = await db.strict.messages.toArray();
  const counts = new Map<string, number>();
  for (const { conversationId } of messages) {
    counts.set(conversationId, (counts.get(conversationId) ?? 0) + 1);
  }
  const sight = {
    marks: [
      ...new Set([
        ...conversations.map(({ title }) => title ?? ''),
        ...messages.map(({ content }) => content),
        ...settings.map(({ systemPrompt }) => systemPrompt ?? ''),
        ...drafts.map(({ text }) => text),
      ]),
    ],
    attachmentMarks: [
      ...new Set(attachments.map(({ id }) => `mark ${/\d+/.exec(id)?.[0]}`)),
    ].sort(),
    documentMarks: documents.map(({ name }) => name).sort(),
    attachments: attachments.length,
    isFilled: [...wholeAttachments, ...wholeDocuments].every(Boolean),
    conversations: conversations.length,
    messages: messages.length,
    isCounted: conversations.every(({ id, messageCount }) => counts.get(id) === messageCount),
    databases: 0,
  };
  db.close();
  await deleteStaleDatabases({ now: clock() });
  const { previous, retired } = await readBootPointers('onggi-boot');
  const known = 2 + (previous ? 1 : 0) + retired.length;
  return { ...sight, databases: (await indexedDB.databases()).length - known };
}

Object.assign(window, { killPage: { run, look } satisfies KillPage });
