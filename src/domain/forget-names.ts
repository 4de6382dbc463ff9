/** What an import's row says of conversations by their names, and how it forgets that. */
import { isFileObject } from './file-object.ts';
import type { FileObject } from './file-object.ts';
import { toConversationId } from './ids.ts';
import type { ConversationId } from './ids.ts';
import { toExample } from './import-report.ts';
import type { ImportRun } from './stored-rows.ts';

/** Conversations of which nothing is kept. */
export interface GoneConversations {
  readonly has: (id: ConversationId) => boolean;
  /** What they are and were called: an older version's report does not say of which it speaks. */
  readonly titles: readonly string[];
  /** The titles are names of documents: files are told by theirs, where they held no conversation alone. */
  readonly isOfDocuments?: boolean;
}

/**
 * The row of an import without titles of conversations that are gone, without names of what was in them, and
 * without names of files that held nothing else. Counts stay. The very same row where it says nothing of them.
 */
export function withoutNames(
  run: ImportRun,
  { has, titles, isOfDocuments = false }: GoneConversations,
): ImportRun {
  const { report } = run;
  if (!isReadable(report)) return run;
  const gone = new Set(titles.map(toExample));
  const letters = new Set(titles.map(lettersOf).filter((each) => each !== ''));
  const isGuessed = !saysOfWhich(report);
  const isGoneFile = ({ name, conversationId }: ImportReport['files'][number]): boolean => {
    const id = idIn(conversationId);
    if (isGuessed || (isOfDocuments && id === null)) return letters.has(lettersOf(stemOf(name)));
    return id !== null && has(id);
  };
  const names = new Set(report.files.filter(isGoneFile).map(({ name }) => name));
  const trim = <Group extends NamedGroup>(group: Group): Group => {
    const { examples, conversationIds: ids } = group;
    const kept = examples.flatMap((example, at) => {
      const id = idIn(ids?.[at]);
      const isGone = id === null ? gone.has(example) || names.has(example) : has(id);
      return isGone ? [] : [at];
    });
    if (kept.length === examples.length) return group;
    return {
      ...group,
      examples: kept.map((at) => examples[at] ?? ''),
      ...(ids && { conversationIds: kept.map((at) => ids[at] ?? null) }),
    };
  };
  const skipped = report.skipped.map(trim);
  const notes = report.notes.map(trim);
  const isSame =
    names.size === 0 &&
    skipped.every((group, at) => group === report.skipped[at]) &&
    notes.every((group, at) => group === report.notes[at]);
  if (isSame) return run;
  const unnamed = <File extends { readonly name: string }>(file: File): File =>
    names.has(file.name) ? { ...file, name: '' } : file;
  const files = report.files.map(unnamed);
  const refused = report.refused.map(unnamed);
  const fileNames = run.fileNames.filter((name) => !names.has(name));
  return { ...run, fileNames, report: { ...report, files, refused, skipped, notes } };
}

type ImportReport = NonNullable<ImportRun['report']>;
type NamedGroup = Pick<ImportReport['notes'][number], 'examples' | 'conversationIds'>;

/** The conversations of which the report of an import gives names. */
export function findNamed({ report }: ImportRun): ReadonlySet<ConversationId> {
  if (!isReadable(report)) return new Set();
  const { files, skipped, notes } = report;
  const ids = [
    ...files.map((file) => file.conversationId),
    ...[...skipped, ...notes].flatMap(({ conversationIds = [] }) => conversationIds),
  ];
  return new Set(ids.flatMap((id) => idIn(id) ?? []));
}

/** Whether the report of an import may name one of the conversations: one of an older version does not say. */
export function mayName(run: ImportRun, ids: ReadonlySet<ConversationId>): boolean {
  const { report } = run;
  if (!isReadable(report)) return false;
  const isUnsaid = ({ examples, conversationIds: said }: NamedGroup): boolean =>
    examples.some((_example, at) => idIn(said?.[at]) === null);
  if (!saysOfWhich(report) || [...report.skipped, ...report.notes].some(isUnsaid)) return true;
  return [...findNamed(run)].some((id) => ids.has(id));
}

/** Whether a report names conversations by their ids: those of older versions did not. */
function saysOfWhich({ files, skipped, notes }: ImportReport): boolean {
  return (
    files.some(({ conversationId }) => conversationId !== undefined) ||
    [...skipped, ...notes].some(({ conversationIds }) => conversationIds !== undefined)
  );
}

/** A backup may have anything in the place of an id. */
function idIn(value: unknown): ConversationId | null {
  return typeof value === 'string' ? toConversationId(value) : null;
}

/** A report may come from any backup. */
function isReadable(report: ImportRun['report']): report is ImportReport {
  const { files, refused, skipped, notes }: FileObject = { ...report };
  const isNamed = (file: unknown): boolean =>
    isFileObject(file) && typeof file['name'] === 'string';
  const isGroup = (group: unknown): boolean =>
    isFileObject(group) &&
    isListOf(group['examples'], (example) => typeof example === 'string') &&
    Array.isArray(group['conversationIds'] ?? []);
  return (
    [files, refused].every((list) => isListOf(list, isNamed)) &&
    [skipped, notes].every((list) => isListOf(list, isGroup))
  );
}

function isListOf(value: unknown, isOne: (each: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(isOne);
}

/** The last part of a path, without the ending. */
function stemOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1).replace(/\.[a-z\d]{1,8}$/i, '');
}

/** What is left of a title in the name of a file, however that was made. */
function lettersOf(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '');
}
