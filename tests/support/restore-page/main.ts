/** A page that restores one backup after another until it is killed, and says afterwards what is live. */
import { createBackupClient } from '#backup/backup-client.ts';
import { readBootPointers } from '#db/boot-pointers.ts';
import { openDatabase } from '#db/open-database.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { deleteStaleDatabases } from '#db/staging.ts';
import { toSessionId } from '#domain/ids.ts';

const CONVERSATIONS = 4;
const MESSAGES = 400;

/** What is live after a kill. */
export interface Sight {
  /** Marks of the rows of every table: one when the state is whole. */
  readonly marks: readonly string[];
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
    sessions: [],
    user_settings: [],
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
  };
  const packed = new Blob([JSON.stringify(object)])
    .stream()
    .pipeThrough(new CompressionStream('gzip'));
  return new Response(packed).blob();
}

async function look(): Promise<Sight> {
  const db = await open();
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
      ]),
    ],
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
