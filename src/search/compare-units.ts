/** Compares texts of the index with their rows. */
import type { OnggiDatabase } from '#db/open-database.ts';
import {
  readChunksById,
  readConversationsById,
  readDocumentsById,
  readMessagesById,
} from '#db/search-rows.ts';
import type { TextProblems } from './compare-rows.ts';
import type { TextIndex } from './text-index.ts';
import type { Group, UnitTable } from './unit-table.ts';
import {
  conversationToGroup,
  documentToGroup,
  messageText,
  passageText,
  titleText,
} from './unit-texts.ts';
import type { UnitText } from './unit-texts.ts';

/** Compares the units `[from, to)` with their rows; the same memory serves all stretches. */
export function createUnitComparison(db: OnggiDatabase, index: TextIndex) {
  const encoder = new TextEncoder();
  let stored = new Uint8Array(0);
  let wanted = new Uint8Array(0);

  async function readBytes(start: number, length: number): Promise<Uint8Array | undefined> {
    if (stored.length < length) stored = new Uint8Array(length);
    const bytes = stored.subarray(0, length);
    try {
      if (length > 0) await index.readText(bytes, start);
      return bytes;
    } catch {
      return undefined;
    }
  }

  /** Whether bytes, with the zero that ends them, are a text. */
  function isText(bytes: Uint8Array, text: string): boolean {
    // A UTF-16 unit takes three bytes at most.
    if (wanted.length < text.length * 3) wanted = new Uint8Array(text.length * 3);
    const { written } = encoder.encodeInto(text, wanted);
    if (bytes.length !== written + 1 || bytes[written] !== 0) return false;
    for (let at = 0; at < written; at += 1) if (bytes[at] !== wanted[at]) return false;
    return true;
  }

  return async (from: number, to: number): Promise<Partial<TextProblems>> => {
    const { table } = index;
    const start = table.starts[from] ?? 0;
    const bytes = await readBytes(start, (table.starts[to] ?? 0) - start);
    const units: number[] = [];
    for (let unit = from; unit < to; unit += 1) if (table.isAlive(unit)) units.push(unit);
    const expected = await readExpected(db, table, units);
    let [stale, left] = [0, 0];
    units.forEach((unit, at) => {
      const row = expected[at];
      if (row === 'running') return;
      if (row === undefined) {
        left += 1;
        return;
      }
      const at0 = (table.starts[unit] ?? 0) - start;
      const own = bytes?.subarray(at0, at0 + table.byteLengthOf(unit));
      const isSame =
        own !== undefined &&
        isText(own, row.text) &&
        // Titles and passages carry the time at which they were taken in.
        (row.unit.kind !== 'message' ||
          JSON.stringify(table.unit(unit)) === JSON.stringify(row.unit));
      if (!isSame) stale += 1;
    });
    return { 'text-stale': stale, 'text-left': left };
  };
}

/** What units should be by their rows: undefined where there is none; an answer that runs lags behind. */
async function readExpected(
  db: OnggiDatabase,
  table: UnitTable,
  units: readonly number[],
): Promise<readonly (UnitText | 'running' | undefined)[]> {
  const expected = new Map<number, UnitText | 'running' | undefined>();
  const of = (kind: string, group?: Group['kind']) =>
    units.filter(
      (unit) =>
        table.kind(unit) === kind && (group === undefined || table.groupOf(unit)?.kind === group),
    );
  const idsOf = (chosen: readonly number[]): readonly string[] => chosen.map((n) => table.id(n));
  const [messages, chunks] = [of('message'), of('passage')];
  const [titles, names] = [of('title', 'conversation'), of('title', 'document')];
  const messageRows = await readMessagesById(db, idsOf(messages));
  messages.forEach((unit, at) => {
    const row = messageRows[at];
    expected.set(unit, row && (row.status === 'streaming' ? 'running' : messageText(row)));
  });
  const conversations = await readConversationsById(db, idsOf(titles));
  titles.forEach((unit, at) => {
    const row = conversations[at];
    expected.set(unit, row && titleText(conversationToGroup(row)));
  });
  const documents = await readDocumentsById(db, idsOf(names));
  names.forEach((unit, at) => {
    const row = documents[at];
    expected.set(unit, row && titleText(documentToGroup(row)));
  });
  const chunkRows = await readChunksById(db, idsOf(chunks));
  chunks.forEach((unit, at) => {
    const row = chunkRows[at];
    expected.set(unit, row && passageText(row, 0));
  });
  return units.map((unit) => expected.get(unit));
}
