import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readBackup } from '#backup/read-backup.ts';
import type { TableRows } from '#backup/read-rows.ts';
import {
  writeConversation,
  writeMessage,
  writeSession,
  writeUserSettings,
} from '#domain/file-rows.ts';
import { restoreWithSeed, whyNoSeedRestore } from '../../support/restore-with-seed.ts';
import { anyStore } from './sql-store.ts';
import type { StoreRows } from './sql-store.ts';

const reason = whyNoSeedRestore();

/** A backup of these rows in the shape of FORMATS 3.4; the real writer needs a database. */
function composeBackup(rows: StoreRows): Buffer {
  const backup = {
    timestamp: '20261122_073023',
    format: 'onggi.backup',
    format_version: 1,
    schema_version: 2,
    sessions: rows.sessions.map(writeSession),
    user_settings: rows.userSettings.map(writeUserSettings),
    conversations: rows.conversations.map(writeConversation),
    messages: rows.messages.map(writeMessage),
  };
  return gzipSync(JSON.stringify(backup));
}

function makeFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'onggi-seed-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Python's sqlite3 binds no lone surrogate, so the specification restores no text with one. */
function hasNoLoneSurrogate({
  userSettings,
  sessions,
  conversations,
  messages,
}: StoreRows): boolean {
  const texts = [
    ...userSettings.map(({ defaultModel }) => defaultModel),
    ...sessions.flatMap(({ id, userAgent }) => [id, userAgent]),
    ...conversations.flatMap(({ id, title, summary }) => [id, title, summary]),
    ...messages.flatMap((row) => [row.id, row.content, row.modelUsed, row.feedback]),
  ];
  return !texts.some((text) => text !== null && /\p{Surrogate}/u.test(text));
}

describe.skipIf(reason !== undefined)(
  `the BackupManager of the specification (${reason ?? 'python3 and ../shared are here'})`,
  () => {
    it('restores our backup, row for row, and we read what it then writes', async () => {
      const samples = fc.sample(anyStore.filter(hasNoLoneSurrogate), { numRuns: 12, seed: 11 });
      for (const rows of samples) {
        const folder = makeFolder();
        const file = path.join(folder, 'backup_20261122_073023.json.gz');
        writeFileSync(file, composeBackup(rows));

        const { rowsByTable, createdFile } = restoreWithSeed(file, folder);
        expect(rowsByTable['messages']).toEqual(
          rows.messages.map((row) => expect.objectContaining(writeMessage(row)) as unknown),
        );
        expect(rowsByTable['conversations']).toEqual(
          rows.conversations.map(
            (row) => expect.objectContaining(writeConversation(row)) as unknown,
          ),
        );
        expect(rowsByTable['sessions']).toHaveLength(rows.sessions.length);
        expect(rowsByTable['user_settings']).toMatchObject([{ user_id: 'local', auto_save: 1 }]);

        const found = await readFileOfTheirs(createdFile);
        expect(found.messages).toEqual(rows.messages);
        expect(found.conversations).toEqual(rows.conversations);
        expect(found.sessions).toEqual(rows.sessions);
      }
    }, 120_000);
  },
);

interface Found {
  readonly sessions: unknown[];
  readonly conversations: unknown[];
  readonly messages: unknown[];
}

async function readFileOfTheirs(file: string): Promise<Found> {
  const found: Found = { sessions: [], conversations: [], messages: [] };
  const blob = new Blob([new Uint8Array(readFileSync(file))]);
  for await (const read of readBackup(blob, { schemaVersion: 2 }).rows()) keep(read, found);
  return found;
}

function keep(read: TableRows, found: Found): void {
  if (read.table === 'sessions') found.sessions.push(...read.rows);
  if (read.table === 'conversations') found.conversations.push(...read.rows);
  if (read.table === 'messages') found.messages.push(...read.rows.map(({ row }) => row));
}
