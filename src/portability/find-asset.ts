import { baseNameOf, toFileLabel } from '#files/file-label.ts';
import type { ImportedFile } from './open-files.ts';

/** Finds the file that holds an attachment's bytes, by its keys, best first; undefined when none does. */
export type AssetFinder = (assetKeys: readonly string[]) => ImportedFile | undefined;

/** Keys shorter than this would find anything. */
const MIN_KEY_CHARACTERS = 4;

/** An id that no product gives its own files: ChatGPT's have 27 characters, UUIDs 36. */
const LONG_ID = /^(?=.*\d).{20,}$/s;

/** Above so many files of one name nobody looks which is meant: an archive may hold a hundred thousand. */
const MAX_NAMESAKES = 100;

/** What Grok calls every file, in a folder that is named by its id. */
const CONTENT_NAME = 'content';

/**
 * A finder over files that came together, for the file whose attachments are looked for. Upper and lower
 * case are alike, and nothing is read. A key with folders finds the file whose path ends so, and nothing
 * else. Any other finds the file whose base name equals it or begins with it and `-` or `.` (`file-abc`
 * finds `file-abc-photo.png`), else the only file in a folder of that name, or the one there that is
 * called `content`. Of several files of one name the one whose folder is nearest to the reading file
 * counts; where two are equally near, or their names differ, none does: another's picture would be worse
 * than a missing one.
 * @param own Files that are the export itself: conversations, accounts, lists of names, pages. They are found
 * by their path or a long id alone, because a message may have a file attached that looks like one of them.
 */
export function createAssetFinder(
  files: readonly ImportedFile[],
  own: ReadonlySet<ImportedFile> = new Set(),
): (reading: ImportedFile) => AssetFinder {
  const byEnd = new Map<string, ImportedFile[]>();
  const byFolder = new Map<string, ImportedFile[]>();
  const [assets, others] = [createNames(), createNames()];
  for (const file of files) {
    const path = toKey(file.name).split('/');
    const name = path.pop() ?? '';
    add(byEnd, `${path.at(-1) ?? ''}/${name}`, file);
    add((own.has(file) ? others : assets).byName, name, file);
    if (own.has(file) && name !== CONTENT_NAME) continue;
    for (const folder of path) add(byFolder, folder, file);
  }

  /** All that one key may mean; the first way that finds anything counts. */
  function findCandidates(key: string): readonly ImportedFile[] {
    const parts = key.split('/');
    if (parts.length > 1) {
      const ending = `/${key}`;
      const found = byEnd.get(parts.slice(-2).join('/')) ?? [];
      return found.filter(({ name }) => `/${toKey(name)}`.endsWith(ending));
    }
    const exact = assets.byName.get(key);
    if (exact) return exact;
    if (key.length < MIN_KEY_CHARACTERS) return [];
    for (const names of LONG_ID.test(key) ? [assets, others] : [assets]) {
      const found = findPrefix(names, `${key}-`) ?? findPrefix(names, `${key}.`);
      if (found) return found;
    }
    const inFolder = byFolder.get(key) ?? [];
    const contents = inFolder.filter(({ name }) => baseNameOf(name) === CONTENT_NAME);
    return contents.length > 0 ? contents : inFolder;
  }

  return (reading) => (assetKeys) => {
    for (const assetKey of assetKeys) {
      const key = toKey(toFileLabel(assetKey));
      const found = key === '' ? undefined : choose(findCandidates(key), reading);
      if (found) return found;
    }
    return undefined;
  };
}

/** Systems differ in case, and macOS takes Korean letters apart. */
function toKey(label: string): string {
  return label.normalize('NFC').toLowerCase();
}

/** Files by base name, and these names in order. */
interface Names {
  readonly byName: Map<string, ImportedFile[]>;
  readonly sorted: () => readonly string[];
}

function createNames(): Names {
  const byName = new Map<string, ImportedFile[]>();
  let sorted: readonly string[] | undefined;
  return { byName, sorted: () => (sorted ??= [...byName.keys()].sort()) };
}

function add(lists: Map<string, ImportedFile[]>, key: string, file: ImportedFile): void {
  const list = lists.get(key);
  if (!list) lists.set(key, [file]);
  else if (list.length <= MAX_NAMESAKES) list.push(file);
}

/** The files whose name begins so; of several names two, which says enough; undefined when none does. */
function findPrefix(
  { byName, sorted }: Names,
  prefix: string,
): readonly ImportedFile[] | undefined {
  const names = sorted();
  let [low, high] = [0, names.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((names[middle] ?? '') < prefix) low = middle + 1;
    else high = middle;
  }
  const found = names.slice(low, low + 2).filter((name) => name.startsWith(prefix));
  return found.length === 0 ? undefined : found.flatMap((name) => byName.get(name) ?? []);
}

/** The one that is meant; undefined where that cannot be told. */
function choose(
  candidates: readonly ImportedFile[],
  reading: ImportedFile,
): ImportedFile | undefined {
  const [first] = candidates;
  if (!first || candidates.length === 1) return first;
  if (candidates.length > MAX_NAMESAKES) return undefined;
  const name = toKey(baseNameOf(first.name));
  let nearest: ImportedFile | undefined;
  let most = -1;
  for (const candidate of candidates) {
    if (toKey(baseNameOf(candidate.name)) !== name) return undefined;
    const shared = countSharedFolders(candidate.name, reading.name);
    if (shared === most) nearest = undefined;
    if (shared > most) [nearest, most] = [candidate, shared];
  }
  return nearest;
}

function countSharedFolders(one: string, other: string): number {
  const [folders, others] = [one, other].map((name) => name.split('/').slice(0, -1));
  let shared = 0;
  while (shared < (folders?.length ?? 0) && folders?.[shared] === others?.[shared]) shared += 1;
  return shared;
}
