import { baseNameOf } from '#files/file-label.ts';
import type { ImportedFile } from './open-files.ts';

/** Finds the file that holds an attachment's bytes, by its keys, best first; undefined when none does. */
export type AssetFinder = (assetKeys: readonly string[]) => ImportedFile | undefined;

/** Keys shorter than this would find anything. */
const MIN_KEY_CHARACTERS = 4;

/** What Grok calls every file, in a folder that is named by its id. */
const CONTENT_NAME = 'content';

/**
 * A finder over files that came together. A key finds the file whose base name equals it or begins
 * with it and `-` or `.`, upper and lower case alike: `file-abc` finds `file-abc-photo.png`. Else it
 * finds the only file in a folder of that name, or the one there that is called `content`. Nothing is read.
 */
export function createAssetFinder(files: readonly ImportedFile[]): AssetFinder {
  const byName = new Map<string, ImportedFile>();
  for (const file of files) {
    const name = baseNameOf(file.name);
    if (!byName.has(name)) byName.set(name, file);
  }
  const names = [...byName.keys()].sort();
  const byFolder = findInFolders(files);

  function findPrefix(prefix: string): ImportedFile | undefined {
    let [low, high] = [0, names.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((names[middle] ?? '') < prefix) low = middle + 1;
      else high = middle;
    }
    const name = names[low];
    return name?.startsWith(prefix) ? byName.get(name) : undefined;
  }

  return (assetKeys) => {
    for (const assetKey of assetKeys) {
      const key = baseNameOf(assetKey);
      if (key === '') continue;
      const exact = byName.get(key);
      if (exact) return exact;
      if (key.length < MIN_KEY_CHARACTERS) continue;
      const found =
        findPrefix(`${key}-`) ?? findPrefix(`${key}.`) ?? byFolder.get(key) ?? undefined;
      if (found) return found;
    }
    return undefined;
  };
}

/** By the name of each folder around a file, lower case; null where a folder does not say which it is. */
function findInFolders(files: readonly ImportedFile[]): ReadonlyMap<string, ImportedFile | null> {
  const byFolder = new Map<string, ImportedFile | null>();
  for (const file of files) {
    const path = file.name.toLowerCase().split('/');
    const name = path.pop();
    for (const folder of path) {
      const known = byFolder.get(folder);
      if (known === undefined) byFolder.set(folder, file);
      else if (name === CONTENT_NAME) byFolder.set(folder, isContent(known) ? null : file);
      else if (!isContent(known)) byFolder.set(folder, null);
    }
  }
  return byFolder;
}

function isContent(file: ImportedFile | null): boolean {
  return file !== null && baseNameOf(file.name) === CONTENT_NAME;
}
