import { OnggiError } from '#domain/errors.ts';
import type { ImportFileSummary, RefusedFile } from '#domain/import-report.ts';
import { FROM_DOCUMENTATION } from '#domain/imported.ts';
import { baseNameOf } from '#files/file-label.ts';
import { BACKUP_FORMATS } from './backup-formats.ts';
import { createAssetFinder } from './find-asset.ts';
import type { AssetFinder } from './find-asset.ts';
import { detectFormat } from './detect-format.ts';
import type { Detection } from './detect-format.ts';
import { findTwins } from './find-twins.ts';
import type { ImportFormat, JsonFormat } from './formats/format.ts';
import { inManifestOrder } from './manifest-order.ts';
import type { ImportedFile, OpenedFiles } from './open-files.ts';
import { toRefusal } from './open-files.ts';
import { createCompanionReader } from './read-companions.ts';

/** A file that holds something to import, and what is beside it. */
export interface RecognizedFile {
  readonly file: ImportedFile;
  readonly detection: Extract<Detection, { readonly kind: 'json' | 'text' | 'sqlite' }>;
  /** Parsed companions of its format out of the same archive, by base name in lower case. */
  readonly companions: ReadonlyMap<string, unknown>;
  readonly findAsset: AssetFinder;
  /** A second copy of the same in another format, read only when this file gives nothing. */
  readonly twin?: RecognizedFile;
}

export interface RecognizedFiles {
  /** In the order in which they are read. */
  readonly files: readonly RecognizedFile[];
  /** Everything that was recognised, backups among it, for the person. */
  readonly summaries: readonly ImportFileSummary[];
  readonly refused: readonly RefusedFile[];
}

const SQLITE_FORMAT = 'onggi-sqlite';

/** A file and what it is. */
export interface Detected {
  readonly file: ImportedFile;
  readonly detection: Detection;
}

/** Tells what each file is, and which files belong to which others. */
export async function recognizeFiles(
  opened: OpenedFiles,
  signal?: AbortSignal,
): Promise<RecognizedFiles> {
  const detected: Detected[] = [];
  for (const file of opened.files) {
    signal?.throwIfAborted();
    detected.push({ file, detection: await detectFormat(file) });
  }
  const files: RecognizedFile[] = [];
  const refused: RefusedFile[] = [...opened.refused];
  const summaries: ImportFileSummary[] = [];
  for (const group of byGroup(detected).values()) {
    const { kept, lost, beside } = sortOut(group);
    // One by one: a spread of very many arguments overflows the stack.
    for (const each of lost) refused.push(each);
    // Nobody asks what is beside files that are all refused.
    if (kept.length === 0) continue;
    const twins = findTwins(kept);
    const passedOver = new Set(twins.values());
    const ordered = await inManifestOrder(kept, group);
    const complete = createCompleter(group, new Set([...beside, ...kept.map(({ file }) => file)]));
    for (const each of ordered.filter((one) => !passedOver.has(one))) {
      summaries.push(summarize(each));
      const file = await complete(each);
      const twin = twins.get(each);
      const second = twin && (await complete(twin));
      if (file) files.push(second ? { ...file, twin: second } : file);
    }
  }
  return { files, summaries, refused };
}

/** Puts to a file what its group has beside it; undefined for a backup, which is not read here. */
function createCompleter(group: readonly Detected[], own: ReadonlySet<ImportedFile>) {
  const given = group.map(({ file }) => file);
  const finderFor = createAssetFinder(given, own);
  const readCompanions = createCompanionReader(given);
  return async ({ file, detection }: Detected): Promise<RecognizedFile | undefined> => {
    if (!isReadable(detection)) return undefined;
    const format = detection.kind === 'json' ? detection.format : undefined;
    const companions = await readCompanions(file, format);
    return { file, detection, companions, findAsset: finderFor(file) };
  };
}

function isReadable(detection: Detection): detection is RecognizedFile['detection'] {
  return ['json', 'text', 'sqlite'].includes(detection.kind);
}

function byGroup(detected: readonly Detected[]): ReadonlyMap<string, readonly Detected[]> {
  const groups = new Map<string, Detected[]>();
  for (const each of detected) {
    const list = groups.get(each.file.group);
    if (list) list.push(each);
    else groups.set(each.file.group, [each]);
  }
  return groups;
}

interface SortedOut {
  readonly kept: readonly Detected[];
  readonly lost: readonly RefusedFile[];
  /** What a format reads beside its files, or knows to hold nothing. */
  readonly beside: readonly ImportedFile[];
}

/** What is read or offered, and what is refused; companions and assets of others are neither. */
function sortOut(group: readonly Detected[]): SortedOut {
  const kept: Detected[] = [];
  const lost: RefusedFile[] = [];
  const beside: ImportedFile[] = [];
  const counts = countFormats(group);
  const formats = [...counts.keys()].filter(hasFilesBeside);
  for (const each of group) {
    const { file, detection } = each;
    const own = formatOf(each);
    // A file alone of its format is not beside itself.
    const isAlone = own !== undefined && counts.get(own) === 1;
    if (formats.some((format) => !(isAlone && format === own) && isBeside(format, file))) {
      beside.push(file);
      continue;
    }
    if (detection.kind === 'unknown') {
      const { code, detail = null } = detection.error;
      lost.push({ name: file.name, code, detail });
    } else if (detection.kind !== 'asset') kept.push(each);
    else if (counts.size === 0) {
      const error = new OnggiError('file/unknown-format', 'no text and no archive');
      lost.push(toRefusal(file.name, error));
    }
  }
  return { kept, lost, beside };
}

/** The formats of a group with how many files have each. */
function countFormats(group: readonly Detected[]): ReadonlyMap<ImportFormat, number> {
  const counts = new Map<ImportFormat, number>();
  for (const each of group) {
    const format = formatOf(each);
    if (format) counts.set(format, (counts.get(format) ?? 0) + 1);
  }
  return counts;
}

function formatOf({ detection }: Detected): ImportFormat | undefined {
  return detection.kind === 'json' || detection.kind === 'text' ? detection.format : undefined;
}

function hasFilesBeside(format: ImportFormat): format is JsonFormat {
  return format.kind === 'json' && Boolean(format.companions ?? format.ignored);
}

/** Whether a format knows this name as one that it reads beside its own files, or that holds nothing. */
function isBeside({ companions = [], ignored = [] }: JsonFormat, file: ImportedFile): boolean {
  const name = baseNameOf(file.name);
  return [companions, ignored].some((patterns) => patterns.some((each) => each.test(name)));
}

/** No real file of the format was seen: the screen says that its reader was written from documentation. */
const wasFromDocumentation = (format: ImportFormat): boolean =>
  FROM_DOCUMENTATION.has(format.source) ||
  (format.kind === 'json' && format.isFromDocumentation === true);

function summarize({ file, detection }: Detected): ImportFileSummary {
  const { name, sizeBytes } = file;
  if (detection.kind === 'json' || detection.kind === 'text') {
    const { id, source } = detection.format;
    const isFromDocumentation = wasFromDocumentation(detection.format);
    return { name, sizeBytes, format: id, source, isFromDocumentation };
  }
  const isFromDocumentation = false;
  if (detection.kind === 'backup') {
    const { source } = detection;
    return { name, sizeBytes, format: BACKUP_FORMATS[source], source, isFromDocumentation };
  }
  return { name, sizeBytes, format: SQLITE_FORMAT, source: 'onggi', isFromDocumentation };
}
