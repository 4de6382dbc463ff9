import { baseNameOf } from '#files/file-label.ts';
import type { ImportedFile } from './open-files.ts';
import { readSmallJson } from './read-companions.ts';

/**
 * The shards of a ChatGPT export in the order that its `export_manifest.json` names, where every file
 * that it names is there; otherwise in the order of their numbers, which they have already.
 */
export async function inManifestOrder<Entry extends { readonly file: ImportedFile }>(
  kept: readonly Entry[],
  group: readonly { readonly file: ImportedFile }[],
): Promise<readonly Entry[]> {
  const manifest = group.find(({ file }) => baseNameOf(file.name) === 'export_manifest.json');
  if (!manifest) return kept;
  const named = readShardNames(await readSmallJson(manifest.file));
  const nameOf = ({ file }: { readonly file: ImportedFile }): string => baseNameOf(file.name);
  const there = new Set(kept.map(nameOf));
  if (named.length === 0 || !named.every((name) => there.has(name))) return kept;
  const places = new Map(named.map((name, index) => [name, index]));
  const placeOf = (each: Entry): number => places.get(nameOf(each)) ?? named.length;
  return kept.toSorted((a, b) => placeOf(a) - placeOf(b));
}

/** Under which names the manifests that were seen list the parts of a file (FORMATS 2.1). */
const LISTS = ['files', 'shards', 'parts', 'chunks', 'file_names', 'filenames', 'paths'];

/** Base names of the parts of `conversations.json`, of whichever shape the manifest is. */
export function readShardNames(manifest: unknown): readonly string[] {
  const logical = memberOf(manifest, 'logical_files');
  const files = memberOf(manifest, 'files');
  const described = Array.isArray(files)
    ? (files as unknown[]).find((file) => memberOf(file, 'name') === 'conversations.json')
    : memberOf(files, 'conversations.json');
  const entry = memberOf(logical, 'conversations.json') ?? described;
  for (const key of LISTS) {
    const list = memberOf(entry, key);
    if (!Array.isArray(list)) continue;
    return (list as unknown[]).flatMap((each) => {
      const name =
        typeof each === 'string' ? each : (memberOf(each, 'name') ?? memberOf(each, 'path'));
      return typeof name === 'string' ? [baseNameOf(name)] : [];
    });
  }
  return [];
}

function memberOf(value: unknown, key: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
