/** Compares rows with what the text index has of them, and its groups with their rows. */
import type { OnggiDatabase } from '#db/open-database.ts';
import {
  readChunksById,
  readConversationsById,
  readDocumentsById,
  readMessagesById,
} from '#db/search-rows.ts';
import type { SearchProblemKind } from '#domain/maintenance.ts';
import { unitKey } from './unit-table.ts';
import type { Group, UnitTable } from './unit-table.ts';
import { conversationToGroup, documentToGroup, titleText } from './unit-texts.ts';

type TextProblem = Extract<SearchProblemKind, `text-${string}`>;
/** How often each kind was met. */
export type TextProblems = Readonly<Record<TextProblem, number>>;

/** Conversations and documents that the index groups by and that are gone. */
export async function findLeftGroups(
  db: OnggiDatabase,
  table: UnitTable,
  ids: readonly string[],
): Promise<Partial<TextProblems>> {
  const known = ids.flatMap((id) => table.group(id) ?? []);
  const of = (kind: Group['kind']) =>
    known.flatMap((group) => (group.kind === kind ? [group.id] : []));
  const rows = [
    ...(await readConversationsById(db, of('conversation'))),
    ...(await readDocumentsById(db, of('document'))),
  ];
  return { 'text-left': rows.filter((row) => row === undefined).length };
}

export async function compareConversations(
  db: OnggiDatabase,
  table: UnitTable,
  ids: readonly string[],
): Promise<Partial<TextProblems>> {
  const rows = await readConversationsById(db, ids);
  return compareGroups(
    table,
    rows.map((row) => row && conversationToGroup(row)),
  );
}

export async function compareDocuments(
  db: OnggiDatabase,
  table: UnitTable,
  ids: readonly string[],
): Promise<Partial<TextProblems>> {
  const rows = await readDocumentsById(db, ids);
  return compareGroups(
    table,
    rows.map((row) => row && documentToGroup(row)),
  );
}

/** What results are grouped and filtered by, and whether titles are there. */
function compareGroups(
  table: UnitTable,
  groups: readonly (Group | undefined)[],
): Partial<TextProblems> {
  let [missing, stale] = [0, 0];
  for (const group of groups) {
    if (!group) continue;
    const known = table.group(group.id);
    const title = titleText(group);
    if (!known) missing += 1;
    else if (title && table.find(unitKey(title.unit)) === undefined) missing += 1;
    else if (JSON.stringify(known) !== JSON.stringify(group)) stale += 1;
  }
  return { 'text-missing': missing, 'text-stale': stale };
}

export async function findMissingMessages(
  db: OnggiDatabase,
  table: UnitTable,
  ids: readonly string[],
): Promise<Partial<TextProblems>> {
  const absent = ids.filter((id) => table.find(unitKey({ kind: 'message', id })) === undefined);
  if (absent.length === 0) return {};
  const rows = (await readMessagesById(db, absent)).filter((row) => row !== undefined);
  const owners = rows.map(({ conversationId }) => conversationId);
  const conversations = await readConversationsById(db, [...new Set(owners)]);
  const present = new Set<string>(conversations.flatMap((row) => row?.id ?? []));
  // Messages without a conversation are another finding, and nobody could open them.
  const missing = rows.filter(
    ({ conversationId, status }) => status !== 'streaming' && present.has(conversationId),
  );
  return { 'text-missing': missing.length };
}

export async function findMissingChunks(
  db: OnggiDatabase,
  table: UnitTable,
  ids: readonly string[],
): Promise<Partial<TextProblems>> {
  const absent = ids.filter((id) => table.find(unitKey({ kind: 'passage', id })) === undefined);
  if (absent.length === 0) return {};
  const rows = (await readChunksById(db, absent)).filter((row) => row !== undefined);
  const documents = await readDocumentsById(db, [...new Set(rows.map((row) => row.documentId))]);
  const present = new Set(documents.flatMap((row) => row?.id ?? []));
  return { 'text-missing': rows.filter(({ documentId }) => present.has(documentId)).length };
}
