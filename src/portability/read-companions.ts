import { decodeText } from '#files/decode-text.ts';
import { baseNameOf } from '#files/file-label.ts';
import { MAX_JSON_DEPTH } from '#files/limits.ts';
import { measureJsonDepth } from '#files/scan-json.ts';
import type { JsonFormat } from './formats/format.ts';
import { contentOf } from './open-files.ts';
import type { ImportedFile } from './open-files.ts';

/** Companions above this stay unread: what they add is names and ratings. */
const MAX_COMPANION_BYTES = 64 * 1024 * 1024;

/** The companions of a file of a format, parsed, by base name; none without a format. */
export type CompanionReader = (
  file: ImportedFile,
  format: JsonFormat | undefined,
) => Promise<ReadonlyMap<string, unknown>>;

/** Files of one base name. A file is not its own companion: so there are two that come first. */
interface Namesakes {
  readonly first: ImportedFile;
  second?: ImportedFile;
  readonly byFolder: Map<string, ImportedFile>;
}

/**
 * A reader of the companions of files that came together, each read once. Of several of one name that
 * of the same folder counts. Those that cannot be read are as good as missing.
 */
export function createCompanionReader(group: readonly ImportedFile[]): CompanionReader {
  const read = new Map<ImportedFile, Promise<unknown>>();
  const byFormat = new Map<JsonFormat, ReadonlyMap<string, Namesakes>>();
  return async (file, format) => {
    const companions = new Map<string, unknown>();
    const patterns = [...(format?.companions ?? []), ...(format?.alsoReads ?? [])];
    if (!format || patterns.length === 0) return companions;
    const namesakes = byFormat.get(format) ?? findCompanions(group, patterns);
    byFormat.set(format, namesakes);
    for (const [name, { first, second, byFolder }] of namesakes) {
      const near = byFolder.get(folderOf(file));
      const wanted = format.hasNearCompanions ? [near] : [near, first, second];
      const other = wanted.find((each) => each !== undefined && each !== file);
      if (!other) continue;
      const reading = read.get(other) ?? readSmallJson(other);
      read.set(other, reading);
      const value = await reading;
      if (value !== undefined) companions.set(name, value);
    }
    return companions;
  };
}

function findCompanions(
  group: readonly ImportedFile[],
  patterns: readonly RegExp[],
): ReadonlyMap<string, Namesakes> {
  const found = new Map<string, Namesakes>();
  for (const file of group) {
    const name = baseNameOf(file.name);
    if (!patterns.some((each) => each.test(name))) continue;
    const known = found.get(name);
    if (!known) found.set(name, { first: file, byFolder: new Map([[folderOf(file), file]]) });
    else {
      known.second ??= file;
      known.byFolder.set(folderOf(file), file);
    }
  }
  return found;
}

function folderOf({ name }: ImportedFile): string {
  return name.slice(0, name.lastIndexOf('/') + 1);
}

/** A small JSON file whole; undefined when it is too large, too deep or no JSON. */
export async function readSmallJson(file: ImportedFile): Promise<unknown> {
  if (file.sizeBytes > MAX_COMPANION_BYTES) return undefined;
  try {
    let text = '';
    for await (const piece of decodeText(contentOf(file))) {
      text += piece;
      if (text.length > MAX_COMPANION_BYTES) return undefined;
    }
    if (measureJsonDepth(text) > MAX_JSON_DEPTH) return undefined;
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}
