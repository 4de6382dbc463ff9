import { read } from './commit.ts';
import type { OnggiDexie } from './onggi-dexie.ts';

/** The tables that can be large. */
const TABLES = ['conversations', 'messages', 'attachments', 'documentChunks'] as const;
/** How many keys of each. */
const MOST = 64;
/** More digits tell keys apart that lie closer together than anything asks for. */
const MOST_DIGITS = 8;

/**
 * Keys from all over the order of the keys of the big tables, by seeking at places between the first and the
 * last; reads no row and no index as a whole.
 * @param samples Keys of each table: of what characters keys are made there.
 */
export function readSpread(
  db: OnggiDexie,
  samples: Readonly<Record<string, readonly string[]>>,
): Promise<Record<string, string[]>> {
  return read(() =>
    db.transaction('r', TABLES, async () => {
      const spreads = TABLES.map(async (name) => {
        const table = db.table<unknown, string>(name);
        const [[first = ''], [last = '']] = await Promise.all([
          table.orderBy(':id').limit(1).primaryKeys(),
          table.orderBy(':id').reverse().limit(1).primaryKeys(),
        ]);
        const places = placesBetween(first, last, samples[name] ?? []);
        const found = await Promise.all(
          places.map((place) => table.where(':id').aboveOrEqual(place).limit(1).primaryKeys()),
        );
        return [name, [...new Set(found.flat())]] as [string, string[]];
      });
      return Object.fromEntries(await Promise.all(spreads));
    }),
  );
}

/**
 * {@link MOST} texts that lie evenly between two keys, where keys are made of the characters of `samples`:
 * what the keys do not share at their beginning is read as a number of that many digits.
 */
function placesBetween(first: string, last: string, samples: readonly string[]): string[] {
  let shared = 0;
  while (shared < first.length && first[shared] === last[shared]) shared += 1;
  const digits = [...new Set(samples.flatMap((key) => Array.from(key.slice(shared))))].sort();
  const base = digits.length;
  if (base < 2) return [];
  const places = Math.min(
    MOST_DIGITS,
    Math.floor(Math.log2(Number.MAX_SAFE_INTEGER) / Math.log2(base)),
  );
  const toNumber = (key: string): number => {
    let number = 0;
    for (let at = shared; at < shared + places; at += 1) {
      number = number * base + Math.max(0, digits.indexOf(key[at] ?? ''));
    }
    return number;
  };
  const [from, to] = [toNumber(first), toNumber(last)];
  return Array.from({ length: MOST }, (_none, index) => {
    let rest = Math.floor(from + ((to - from) * (index + 0.5)) / MOST);
    let text = '';
    for (let at = 0; at < places; at += 1) {
      text = (digits[rest % base] ?? '') + text;
      rest = Math.floor(rest / base);
    }
    return first.slice(0, shared) + text;
  });
}
