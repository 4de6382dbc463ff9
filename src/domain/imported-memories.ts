/**
 * What a product remembers of a person, as documents: of which account a text is, exports often do not
 * say, and the text of one account must never take the place of another's.
 */
import type { ImportedDocument } from './imported.ts';
import { digestText } from './imported.ts';
import type { LibraryDocument } from './stored-rows.ts';

/** A memory that is imported. */
export type ImportedMemory = ImportedDocument & { readonly memoryOf: string | null };

/** A document that may be an earlier copy of a memory, with its text. */
export interface KnownMemory {
  readonly document: LibraryDocument;
  readonly text: string;
}

const ACCOUNT = 'source_account';

/** Whether a document of an export is what a product remembers. */
export function isMemory(imported: ImportedDocument): imported is ImportedMemory {
  return imported.memoryOf !== undefined && !imported.row;
}

/** What its document keeps of the account; nothing where that is not known. */
export function memoryMarks(memoryOf: string | null): Readonly<Record<string, unknown>> {
  return memoryOf === null ? {} : { [ACCOUNT]: digestText(memoryOf) };
}

/**
 * The document that a memory continues: of the same account, or else the one that says most of the same
 * where it cannot be another's. Undefined where it is a new one.
 */
export function findSameMemory(
  known: readonly KnownMemory[],
  { memoryOf, text }: ImportedMemory,
): LibraryDocument | undefined {
  const { [ACCOUNT]: account } = memoryMarks(memoryOf);
  const own = known.find(({ document }) => account && document.metadata[ACCOUNT] === account);
  if (own) return own.document;
  let best: { readonly document: LibraryDocument; readonly share: number } | undefined;
  for (const { document, text: before } of known) {
    if (account && document.metadata[ACCOUNT] !== undefined) continue;
    const share = sharedPart(before, text);
    if (share >= SAME_PART && share > (best?.share ?? 0)) best = { document, share };
  }
  return best?.document;
}

/** Two memories are of one person when the shorter has so much of its lines from the other. */
const SAME_PART = 0.5;

function sharedPart(one: string, other: string): number {
  if (one === other) return 2;
  const [a, b] = [linesOf(one), linesOf(other)];
  const [few, many] = a.size < b.size ? [a, b] : [b, a];
  return few.size === 0 ? 0 : [...few].filter((line) => many.has(line)).length / few.size;
}

/** Headings are the same for everybody. */
function linesOf(text: string): ReadonlySet<string> {
  const lines = text.split('\n').map((line) => line.trim());
  return new Set(lines.filter((line) => line !== '' && !/^(?:#+ .*|\*\*[^*]+\*\*:?)$/.test(line)));
}
