import type { ConversationId } from '#domain/ids.ts';
import { toExample } from '#domain/import-report.ts';
import type {
  ImportFileSummary,
  ImportPreview,
  ImportSourceSummary,
  NotedGroup,
  RefusedFile,
  SkippedGroup,
} from '#domain/import-report.ts';
import type { DocumentFate } from '#domain/imported-documents.ts';
import type { ImportNote, ImportSource, SkipReason } from '#domain/imported.ts';

/** Sizes of a conversation. */
export interface ConversationSize {
  readonly messageCount: number;
  /** Leaves beyond the first. */
  readonly branchCount: number;
  readonly attachmentCount: number;
  readonly missingAttachmentCount: number;
}

/** What is counted of a conversation. */
export interface CountedConversation extends ConversationSize {
  readonly source: ImportSource;
  /** For examples: its title or id. */
  readonly label: string;
  /** What it is known by in the files, as `ImportTally.place` names it. */
  readonly owner: string;
  readonly fileName: string;
  /** Epoch milliseconds; null where the file does not say. */
  readonly earliestAt: number | null;
  readonly latestAt: number | null;
  /** Messages by the model that wrote them. */
  readonly chatModels: ReadonlyMap<string, number>;
  readonly notes: readonly ImportNote[];
}

/** What becomes of a conversation. */
export type ConversationFate = 'new' | 'updated' | 'unchanged';

/** Counts what an import finds, for its preview and its report. */
export interface ImportTally {
  /** @param before Sizes of a poorer copy of it in the same files, which these replace. */
  addConversation(counted: CountedConversation, before?: ConversationSize): void;
  addDocument(source: ImportSource): void;
  addDocumentFate(source: ImportSource, fate: DocumentFate): void;
  addFate(source: ImportSource, fate: ConversationFate, count?: number): void;
  addCollision(): void;
  /** @param owner The conversation that the label is from. */
  skip(reason: SkipReason, label: string | null, owner?: string): void;
  /** @param owner as of {@link skip} */
  note(note: ImportNote, label: string, owner?: string): void;
  /** Says which conversation here is the one that the files know by `owner`. */
  place(owner: string, id: ConversationId): void;
  refuse(refused: RefusedFile): void;
  toPreview(files: readonly ImportFileSummary[]): ImportPreview;
}

/** Titles or ids that are named for each reason. */
const MAX_EXAMPLES = 5;
const MAX_CHAT_MODELS = 20;
/** Refused files that are named; a folder may hold thousands that are no exports. The others are counted. */
const MAX_REFUSED = 200;

interface Counts {
  conversationCount: number;
  messageCount: number;
  branchCount: number;
  attachmentCount: number;
  missingAttachmentCount: number;
  documentCount: number;
  readonly documentFates: { newCount: number; updatedCount: number; unchangedCount: number };
  earliestAt: number | null;
  latestAt: number | null;
  newCount: number;
  updatedCount: number;
  unchangedCount: number;
  readonly chatModels: Map<string, number>;
}

interface Group {
  count: number;
  readonly examples: string[];
  readonly owners: (string | undefined)[];
}

export function createImportTally(): ImportTally {
  const bySource = new Map<ImportSource, Counts>();
  const skipped = new Map<SkipReason, Group>();
  const notes = new Map<ImportNote, Group>();
  const refused: RefusedFile[] = [];
  let unnamedRefusedCount = 0;
  const idByOwner = new Map<string, ConversationId>();
  /** Null for a file of several. */
  const ownerByFile = new Map<string, string | null>();
  let collisionCount = 0;

  function countsOf(source: ImportSource): Counts {
    const known = bySource.get(source);
    if (known) return known;
    const fresh = createCounts();
    bySource.set(source, fresh);
    return fresh;
  }

  function note(name: ImportNote, label: string, owner?: string): void {
    addToGroup(notes, name, label, owner);
  }

  function toGroup({ count, examples, owners }: Group): Omit<NotedGroup, 'note'> {
    if (idByOwner.size === 0) return { count, examples };
    return { count, examples, conversationIds: owners.map((owner) => idOf(owner) ?? null) };
  }

  function idOf(owner: string | undefined): ConversationId | undefined {
    return idByOwner.get(owner ?? '');
  }

  function nameFile(file: ImportFileSummary): ImportFileSummary {
    const owner = ownerByFile.get(file.name);
    if (idByOwner.size === 0 || owner === undefined) return file;
    const conversationId = owner === null ? null : idOf(owner);
    return conversationId === undefined ? file : { ...file, conversationId };
  }

  return {
    addConversation(counted, before) {
      const counts = countsOf(counted.source);
      if (before) addSizes(counts, before, -1);
      addSizes(counts, counted, 1);
      addDatesAndModels(counts, counted);
      const { owner, fileName, label } = counted;
      if (!before) for (const each of counted.notes) note(each, label, owner);
      const other = ownerByFile.get(fileName);
      ownerByFile.set(fileName, other === undefined || other === owner ? owner : null);
    },
    addDocument: (source) => void (countsOf(source).documentCount += 1),
    addFate(source, fate, count = 1) {
      const counts = countsOf(source);
      if (fate === 'new') counts.newCount += count;
      else if (fate === 'updated') counts.updatedCount += count;
      else counts.unchangedCount += count;
    },
    addDocumentFate(source, fate) {
      const { documentFates } = countsOf(source);
      documentFates[`${fate}Count`] += 1;
    },
    addCollision: () => void (collisionCount += 1),
    skip: (reason, label, owner) => addToGroup(skipped, reason, label, owner),
    note,
    place: (owner, id) => void idByOwner.set(owner, id),
    refuse(file) {
      // What ended the whole import has no name, and is always told.
      if (refused.length < MAX_REFUSED || file.name === '') refused.push(file);
      else unnamedRefusedCount += 1;
    },
    toPreview: (files) => ({
      files: files.map(nameFile),
      sources: Array.from(bySource, ([source, counts]) => toSummary(source, counts)),
      skipped: Array.from(skipped, ([reason, group]): SkippedGroup => ({
        reason,
        ...toGroup(group),
      })),
      notes: Array.from(notes, ([name, group]): NotedGroup => ({ note: name, ...toGroup(group) })),
      refused,
      ...(unnamedRefusedCount > 0 && { unnamedRefusedCount }),
      collisionCount,
    }),
  };
}

function createCounts(): Counts {
  return {
    conversationCount: 0,
    messageCount: 0,
    branchCount: 0,
    attachmentCount: 0,
    missingAttachmentCount: 0,
    documentCount: 0,
    documentFates: { newCount: 0, updatedCount: 0, unchangedCount: 0 },
    earliestAt: null,
    latestAt: null,
    newCount: 0,
    updatedCount: 0,
    unchangedCount: 0,
    chatModels: new Map(),
  };
}

function addSizes(counts: Counts, size: ConversationSize, sign: 1 | -1): void {
  counts.conversationCount += sign;
  counts.messageCount += sign * size.messageCount;
  counts.branchCount += sign * size.branchCount;
  counts.attachmentCount += sign * size.attachmentCount;
  counts.missingAttachmentCount += sign * size.missingAttachmentCount;
}

function addDatesAndModels(counts: Counts, counted: CountedConversation): void {
  const { earliestAt, latestAt, chatModels } = counted;
  if (earliestAt !== null)
    counts.earliestAt = Math.min(counts.earliestAt ?? earliestAt, earliestAt);
  if (latestAt !== null) counts.latestAt = Math.max(counts.latestAt ?? latestAt, latestAt);
  for (const [name, count] of chatModels) {
    counts.chatModels.set(name, (counts.chatModels.get(name) ?? 0) + count);
  }
}

function addToGroup<Name>(
  groups: Map<Name, Group>,
  name: Name,
  label: string | null,
  owner: string | undefined,
): void {
  const group = groups.get(name) ?? { count: 0, examples: [], owners: [] };
  groups.set(name, group);
  group.count += 1;
  if (group.examples.length >= MAX_EXAMPLES) return;
  const example = toExample(label ?? '');
  if (example === '' || group.examples.includes(example)) return;
  group.examples.push(example);
  group.owners.push(owner);
}

function toSummary(source: ImportSource, counts: Counts): ImportSourceSummary {
  const chatModels = [...counts.chatModels]
    .sort(([, a], [, b]) => b - a)
    .slice(0, MAX_CHAT_MODELS)
    .map(([name]) => name);
  return { source, ...counts, chatModels };
}
