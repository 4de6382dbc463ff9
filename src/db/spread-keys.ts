import type { Table } from 'dexie';
import { read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/** The tables that can be large. */
const TABLES = ['conversations', 'messages', 'attachments', 'documentChunks'] as const;
/** How many keys of each. */
const MOST = 64;
/** More digits tell keys apart that lie closer together than anything asks for. */
const MOST_DIGITS = 8;

/** Two keys between which others lie, and about how many. */
interface Gap {
  readonly from: string;
  readonly to: string;
  readonly count: number;
}
/** From so many keys beside the middle of a gap it is told how close they lie. */
const NEIGHBOURS = 16;

/**
 * Keys from all over the order of the keys of the big tables; reads no row and no index as a whole. Gaps are halved,
 * the large ones first, each by what its own two ends have in common, so that a few keys of another kind, or the
 * passages of one document among many, take no place from the others.
 * @param samples Keys of each table: of what characters keys are made there.
 */
export function readSpread(
  db: OnggiDexie,
  samples: Readonly<Record<string, readonly string[]>>,
): Promise<Record<string, string[]>> {
  return read(() =>
    db.transaction('r', TABLES, async () => {
      const spreads = TABLES.map(async (name) => {
        const keys = await spreadOf(db.table<unknown, string>(name), samples[name] ?? []);
        return [name, keys] as [string, string[]];
      });
      return Object.fromEntries(await Promise.all(spreads));
    }),
  );
}

async function spreadOf(
  table: Table<unknown, string>,
  samples: readonly string[],
): Promise<string[]> {
  const [[first], [last]] = await Promise.all([
    table.orderBy(':id').limit(1).primaryKeys(),
    table.orderBy(':id').reverse().limit(1).primaryKeys(),
  ]);
  if (first === undefined || last === undefined) return [];
  const keys = new Set([first, last]);
  const known = new Set([...samples, first, last]);
  let gaps: readonly Gap[] = [{ from: first, to: last, count: 1 }];
  while (gaps.length > 0 && keys.size < MOST) {
    const inOrder = gaps.toSorted((a, b) => b.count - a.count).slice(0, MOST - keys.size);
    // All that are about as large, at once.
    const least = (inOrder[0]?.count ?? 0) / 2;
    const chosen = new Set(inOrder.filter(({ count }) => count >= least));
    const halves = await Promise.all([...chosen].map((gap) => halve(table, gap, known)));
    for (const { found, gaps: left } of halves) {
      for (const { from, to } of left) known.add(from).add(to);
      if (found !== undefined) keys.add(found);
    }
    gaps = [...gaps.filter((gap) => !chosen.has(gap)), ...halves.flatMap(({ gaps: left }) => left)];
  }
  return [...keys].sort();
}

/** The key next to the middle of a gap, and the gaps that are left beside it. */
async function halve(
  table: Table<unknown, string>,
  { from, to }: Gap,
  known: ReadonlySet<string>,
): Promise<{ readonly found: string | undefined; readonly gaps: readonly Gap[] }> {
  const scale = createScale(from, to, known);
  const middle = scale.toKey((scale.toNumber(from) + scale.toNumber(to)) / 2);
  if (middle <= from || middle >= to) return { found: undefined, gaps: [] };
  const above = table.where(':id').between(middle, to, true, false);
  const below = table.where(':id').between(from, middle, false, false).reverse();
  const [after, before] = await Promise.all(
    [above, below].map((keys) => keys.limit(NEIGHBOURS).primaryKeys()),
  );
  /** About how many there are from these neighbours to the end on their side. */
  const countTo = (end: string, neighbours: readonly string[]): number => {
    const [first = end, last = end] = [neighbours[0], neighbours.at(-1)];
    if (neighbours.length < NEIGHBOURS) return neighbours.length;
    // By what these have in common themselves: that may be more than the whole gap tells apart.
    const own = createScale(first, end, new Set([...known, ...neighbours, end]));
    const width = Math.max(1, Math.abs(own.toNumber(last) - own.toNumber(first)));
    const distance = Math.abs(own.toNumber(end) - own.toNumber(first));
    return NEIGHBOURS * Math.max(1, distance / width);
  };
  const gaps: Gap[] = [];
  if (before?.[0]) gaps.push({ from, to: before[0], count: countTo(from, before) });
  if (after?.[0]) gaps.push({ from: after[0], to, count: countTo(to, after) });
  return { found: after?.[0] ?? before?.[0], gaps };
}

/** What counts is mostly made of all of these, whatever a few keys show of them. */
const NUMERALS = Array.from({ length: 10 }, (_none, digit) => String(digit));

/**
 * Reads keys between two others as numbers, and back: what these do not share at their beginning is a number whose
 * digits are the characters of known keys that begin alike, in order.
 */
function createScale(from: string, to: string, known: ReadonlySet<string>) {
  let shared = 0;
  while (shared < from.length && from[shared] === to[shared]) shared += 1;
  const beginning = from.slice(0, shared);
  const letters = [...known]
    .filter((key) => key.startsWith(beginning))
    .flatMap((key) => key.slice(shared).split(''));
  const isCount = letters.some((letter) => NUMERALS.includes(letter));
  const digits = [...new Set(isCount ? [...letters, ...NUMERALS] : letters)].sort();
  // What has ended comes before every character.
  const base = digits.length + 1;
  const places = Math.min(
    MOST_DIGITS,
    Math.floor(Math.log2(Number.MAX_SAFE_INTEGER) / Math.log2(base)),
  );
  return {
    toNumber(key: string): number {
      let number = 0;
      for (let at = shared; at < shared + places; at += 1) {
        number = number * base + digits.indexOf(key[at] ?? '') + 1;
      }
      return number;
    },
    toKey(number: number): string {
      let rest = Math.floor(number);
      let text = '';
      for (let at = 0; at < places; at += 1) {
        const digit = digits[(rest % base) - 1];
        // Behind its end nothing counts.
        text = digit === undefined ? '' : digit + text;
        rest = Math.floor(rest / base);
      }
      return beginning + text;
    },
  };
}
