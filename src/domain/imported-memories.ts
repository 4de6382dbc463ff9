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
 * The document that a memory continues: the one of its account, or else the one of no known account that
 * says most of the same. An export that names no account goes on in the document of none, whatever the two
 * have in common: where they say the very same, nothing is to be written. Undefined where it is a new one.
 */
export function findSameMemory(
  known: readonly KnownMemory[],
  { memoryOf, text }: ImportedMemory,
): LibraryDocument | undefined {
  const { [ACCOUNT]: account } = memoryMarks(memoryOf);
  const own = known.find(({ document }) => account && document.metadata[ACCOUNT] === account);
  if (own) return own.document;
  const ownerless = known.filter(({ document }) => document.metadata[ACCOUNT] === undefined);
  const candidates = account === undefined ? known : ownerless;
  const equal = candidates.find((each) => each.text === text);
  if (equal) return equal.document;
  let best: { readonly document: LibraryDocument; readonly share: number } | undefined;
  for (const { document, text: before } of ownerless) {
    const share = sharedPart(before, text);
    if (share >= SAME_PART && share > (best?.share ?? 0)) best = { document, share };
  }
  return best?.document;
}

/**
 * So much of the longer of two texts must be in the other for them to be one person's: of three lines two.
 * A few things are true of many people, and a line or two in common must not cost one of them a whole text;
 * a second document costs nothing.
 */
const SAME_PART = 2 / 3;

/** The lines of the longer text that both have, from 0 to 1; 1 where all of the earlier one goes on. */
function sharedPart(before: string, text: string): number {
  const [earlier, later] = [linesOf(before), linesOf(text)];
  const shared = [...earlier].filter((line) => later.has(line)).length;
  if (shared === 0) return 0;
  return shared === earlier.size ? 1 : shared / Math.max(earlier.size, later.size);
}

/** Headings are the same for everybody. */
function linesOf(text: string): ReadonlySet<string> {
  const lines = text.split('\n').map((line) => line.trim());
  return new Set(lines.filter((line) => line !== '' && !/^(?:#+ .*|\*\*[^*]+\*\*:?)$/.test(line)));
}
