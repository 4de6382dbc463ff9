/** Files and databases for tests of the import. */
import { strToU8, zipSync } from 'fflate';
import type { Zippable } from 'fflate';
import { toSessionId } from '#domain/ids.ts';
import type { ExistingChoice } from '#domain/import-report.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { ImportFile } from '#portability/open-files.ts';
import type { RunImportOptions } from '#portability/run-import.ts';

export const FILE_DATE = Date.UTC(2026, 10, 1);
export const SESSION_ID = toSessionId('session-1');

export function fileOf(
  path: string,
  content: string | Uint8Array | Blob | readonly unknown[] | Record<string, unknown>,
): ImportFile {
  const isPlain = typeof content === 'string' || content instanceof Blob;
  const part = isPlain
    ? content
    : content instanceof Uint8Array
      ? new Uint8Array(content)
      : JSON.stringify(content);
  const name = path.slice(path.lastIndexOf('/') + 1);
  return { file: new File([part], name, { lastModified: FILE_DATE }), path };
}

/** A ZIP; values that are no bytes become JSON. */
export function zipOf(files: Record<string, unknown>): Uint8Array {
  const entries = Object.entries(files).map(([name, content]) => [
    name,
    content instanceof Uint8Array
      ? content
      : strToU8(typeof content === 'string' ? content : JSON.stringify(content)),
  ]);
  return zipSync(Object.fromEntries(entries) as Zippable);
}

/** One message of a conversation as ChatGPT has it. */
export interface Said {
  readonly id: string;
  readonly parent?: string | null;
  readonly text?: string;
  readonly role?: string;
  readonly at?: number | null;
  readonly metadata?: Record<string, unknown>;
  readonly parts?: readonly unknown[];
}

/** A conversation as ChatGPT exports it; messages are a chain unless they name their parent. */
export function chatgptConversation(
  id: string,
  said: readonly Said[],
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  let before: string | null = null;
  const mapping: Record<string, unknown> = {};
  for (const [index, each] of said.entries()) {
    const { at = 1_700_000_000 + index * 10, parts = [each.text ?? `text of ${each.id}`] } = each;
    const contentType = each.parts ? 'multimodal_text' : 'text';
    mapping[each.id] = {
      id: each.id,
      parent: each.parent === undefined ? before : each.parent,
      message: {
        id: each.id,
        author: { role: each.role ?? (index % 2 === 0 ? 'user' : 'assistant') },
        create_time: at,
        content: { content_type: contentType, parts },
        metadata: each.metadata ?? {},
      },
    };
    before = each.id;
  }
  return {
    id,
    title: `Title of ${id}`,
    create_time: 1_700_000_000,
    update_time: 1_700_001_000,
    mapping,
    current_node: before,
    ...more,
  };
}

let idCount = 0;

/** Options of an import whose ids count and whose clock stands still. */
export function importOptions(more: Partial<RunImportOptions> = {}): RunImportOptions {
  return {
    sessionId: SESSION_ID,
    createId: () => `new-${(idCount += 1)}`,
    clock: () => Date.UTC(2026, 10, 22),
    existing: 'update' satisfies ExistingChoice,
    ...more,
  };
}

/** Everything the import writes, to compare before and after. */
export async function snapshot({ strict: db }: OnggiDatabase) {
  const [conversations, messages, attachments] = await Promise.all([
    db.conversations.orderBy(':id').toArray(),
    db.messages.orderBy(':id').toArray(),
    db.attachments.orderBy(':id').toArray(),
  ]);
  return { conversations, messages, attachments };
}
