import type { CreateId, SessionId } from '#domain/ids.ts';
import type { ImportPreview, Progress } from '#domain/import-report.ts';
import type { ImportedConversation } from '#domain/imported.ts';
import { isSameAsImported } from '#domain/import-memory.ts';
import { planImportUpdate } from '#domain/import-update.ts';
import { hasImported } from '#db/imported-conversations.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { readAllMessages } from '#db/table-pages.ts';
import { compareNative } from './compare-native.ts';
import { findBareImported, findBareNative } from './fill-attachments.ts';
import type { BareReference } from './fill-attachments.ts';
import { endsStoring } from './ends-storing.ts';
import { createItemFilter, labelOf } from './filter-items.ts';
import type { WantedItem } from './filter-items.ts';
import { createStoredFinder } from './find-stored.ts';
import { createImportTally } from './import-tally.ts';
import type { ConversationFate, ImportTally } from './import-tally.ts';
import { openFiles } from './open-files.ts';
import type { ImportFile } from './open-files.ts';
import { readImports } from './read-imports.ts';
import { recognizeFiles } from './recognize-files.ts';
import { createProgressTeller } from './tell-progress.ts';
import { findDocumentFate } from './write-document.ts';

export interface PreviewOptions {
  readonly sessionId: SessionId;
  readonly createId: CreateId;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** See `OpenOptions` of open-files.ts. */
  readonly isFarAllowed?: boolean;
}

/** Conversations that are looked up together. */
const LOOKUP_CONVERSATIONS = 64;

/**
 * What importing these files would do. Reads everything, writes nothing.
 * @throws the signal's reason; OnggiError `db/*`. Bad files are named in the preview.
 */
export async function previewImport(
  db: OnggiDatabase,
  given: readonly ImportFile[],
  options: PreviewOptions,
): Promise<ImportPreview> {
  const { signal } = options;
  const progress = createProgressTeller(options.onProgress);
  const recognized = await recognizeFiles(await openFiles(given, options), signal);
  progress.begin('reading', recognized.files);
  const tally = createImportTally();
  for (const refused of recognized.refused) tally.refuse(refused);
  const filter = createItemFilter(tally);
  const isKnownSource = createSourceLookup(db);
  const findStored = createStoredFinder(db);
  let waiting: WantedItem[] = [];
  const readOptions = { onBytes: progress.addBytes, ...(signal && { signal }) };
  for await (const outcome of readImports(recognized.files, readOptions)) {
    const wanted = filter(outcome);
    if (wanted?.kind === 'document') {
      const { document } = wanted;
      await guarded(tally, { label: document.name }, async () =>
        tally.addDocumentFate(document.source, await findDocumentFate(db, document)),
      );
      continue;
    }
    // A copy that says more than the one before it has the fate of that one.
    if (!wanted || wanted.isRepeated) continue;
    progress.addRows(1);
    if (wanted.kind === 'conversation' && !(await isKnownSource(wanted.conversation.source))) {
      tally.addFate(wanted.conversation.source, 'new');
      continue;
    }
    waiting.push(wanted);
    if (waiting.length < LOOKUP_CONVERSATIONS) continue;
    await tellFates(db, findStored, waiting, tally, options);
    waiting = [];
  }
  await tellFates(db, findStored, waiting, tally, options);
  return tally.toPreview(recognized.summaries);
}

/** Whether anything here came from a source; asked once for each. */
function createSourceLookup(
  db: OnggiDatabase,
): (source: ImportedConversation['source']) => boolean | Promise<boolean> {
  const known = new Map<ImportedConversation['source'], boolean>();
  return (source) => known.get(source) ?? look(source);

  async function look(source: ImportedConversation['source']): Promise<boolean> {
    const isKnown = await hasImported(db, source);
    known.set(source, isKnown);
    return isKnown;
  }
}

async function tellFates(
  db: OnggiDatabase,
  findStored: ReturnType<typeof createStoredFinder>,
  items: readonly WantedItem[],
  tally: ImportTally,
  options: PreviewOptions,
): Promise<void> {
  const imported = items.flatMap((item) => (item.kind === 'conversation' ? [item] : []));
  const found = await findStored(imported.map(({ conversation }) => conversation));
  for (const item of imported) {
    const { conversation, file, owner } = item;
    const label = labelOf(item);
    if (found.unreadable.has(conversation)) {
      tally.skip('storage_refused', label, owner);
      continue;
    }
    await guarded(tally, { label, owner }, async () => {
      const stored = found.rows.get(conversation);
      let fate = stored ? await fateOf(db, stored, conversation, file.file.modifiedAt) : 'new';
      if (stored && fate === 'unchanged') {
        fate = fateOfBare(await findBareImported(db, item, stored));
      }
      tally.addFate(conversation.source, fate);
    });
  }
  for (const item of items) {
    if (item.kind !== 'native') continue;
    await guarded(tally, { label: labelOf(item), owner: item.owner }, async () => {
      const source = item.native.conversation.source === 'seed' ? 'seed' : 'onggi';
      const { kind, rows } = await compareNative(db, item.native, options);
      const bare = kind === 'same' ? await findBareNative(db, item, rows) : [];
      if (kind === 'collision') tally.addCollision();
      const fates = { new: 'new', same: fateOfBare(bare), collision: 'updated' } as const;
      tally.addFate(source, fates[kind]);
    });
  }
}

/** What cannot be compared with what is here is named like what the import will not be able to store. */
async function guarded(
  tally: ImportTally,
  { label, owner }: { readonly label: string; readonly owner?: string },
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (endsStoring(error)) throw error;
    tally.skip('storage_refused', label, owner);
  }
}

/** What is here and says the same may still get files that were missing. */
function fateOfBare(bare: readonly BareReference[]): ConversationFate {
  return bare.length > 0 ? 'updated' : 'unchanged';
}

async function fateOf(
  db: OnggiDatabase,
  stored: Parameters<typeof planImportUpdate>[0],
  conversation: ImportedConversation,
  fileDate: number,
): Promise<ConversationFate> {
  if (isSameAsImported(stored, conversation)) return 'unchanged';
  const makers = {
    createId: () => 'preview',
    sessionId: stored.sessionId,
    importId: 'preview',
    fileDate,
    attachments: new Map(),
    now: fileDate,
  };
  const messages = await readAllMessages(db, stored.id);
  const isVisible = planImportUpdate(stored, messages, conversation, makers)?.isVisible;
  return isVisible ? 'updated' : 'unchanged';
}
