import { OnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';
import type { ImportFormat, JsonFormat, JsonSample, TextFormat } from './formats/format.ts';
import { IMPORT_FORMATS } from './formats/registry.ts';
import { asArray, isObject, member } from './formats/read-value.ts';
import type { ImportedFile } from './open-files.ts';
import { readSample } from './read-sample.ts';
import type { FileSample } from './read-sample.ts';

/** What a file is, told by its structure. */
export type Detection =
  | { readonly kind: 'json'; readonly format: JsonFormat; readonly sample: JsonSample }
  | { readonly kind: 'text'; readonly format: TextFormat }
  /** A database file, as the SQL export writes it. */
  | { readonly kind: 'sqlite' }
  /** A whole backup, ours or the specification's: to be restored, not imported. */
  | { readonly kind: 'backup'; readonly source: 'onggi' | 'seed' }
  /** A file that only a message may want. */
  | { readonly kind: 'asset' }
  | { readonly kind: 'unknown'; readonly error: Pick<OnggiError, 'code' | 'detail'> };

/** As of the detail of an error. */
const MAX_DETAIL_CHARACTERS = 200;

/** As the specification's backup writes it (section 7). */
const BACKUP_TIMESTAMP = /^\d{8}_\d{6}$/;

/**
 * Tells what a file is, in the order of FORMATS 1.1, from its first elements. Never throws for a bad
 * file: what it cannot read is `unknown` with the reason.
 */
export async function detectFormat(
  file: ImportedFile,
  formats: readonly ImportFormat[] = IMPORT_FORMATS,
): Promise<Detection> {
  if (file.kind === 'other') return { kind: 'asset' };
  if (file.kind === 'sqlite') return { kind: 'sqlite' };
  // Only our own backups are known to come as age files.
  if (file.kind === 'age') return { kind: 'backup', source: 'onggi' };
  try {
    const seen = await readSample(file);
    if (seen.kind === 'empty') return unknown('file/empty');
    if (seen.kind === 'text') return detectText(seen.head, file, formats);
    return detectJson(seen, formats);
  } catch (error) {
    if (error instanceof OnggiError) return unknown(error.code, error.detail);
    return unknown('file/unreadable');
  }
}

function detectText(head: string, file: ImportedFile, formats: readonly ImportFormat[]): Detection {
  const format = formats.find(
    (each) => each.kind === 'text' && isMatch(() => each.matches(head, file.name)),
  );
  if (format?.kind === 'text') return { kind: 'text', format };
  return unknown('file/unknown-format');
}

function detectJson(
  { sample, isCut }: Extract<FileSample, { readonly kind: 'json' }>,
  formats: readonly ImportFormat[],
): Detection {
  const backup = backupSource(sample);
  if (backup) return { kind: 'backup', source: backup };
  const format = formats.find(
    (each) => each.kind === 'json' && isMatch(() => each.matches(sample)),
  );
  if (format?.kind === 'json') return { kind: 'json', format, sample };
  // What would tell it may be in what is missing.
  if (isCut) return unknown('file/damaged');
  return unknown('file/unknown-format', topLevelKeys(sample).slice(0, MAX_DETAIL_CHARACTERS));
}

/** A test of a format that fails says no: it must not keep the others from saying yes. */
function isMatch(matches: () => boolean): boolean {
  try {
    return matches();
  } catch {
    return false;
  }
}

function backupSource({ first, isArray }: JsonSample): 'onggi' | 'seed' | undefined {
  if (isArray || !isObject(first)) return undefined;
  if (member(first, 'format') === 'onggi.backup') return 'onggi';
  const timestamp = member(first, 'timestamp');
  const isSeed =
    typeof timestamp === 'string' &&
    BACKUP_TIMESTAMP.test(timestamp) &&
    ['sessions', 'conversations'].every((key) => Array.isArray(member(first, key)));
  return isSeed ? 'seed' : undefined;
}

/** Names for the person: of the object, or of the first element. Never their values. */
function topLevelKeys({ first, isArray }: JsonSample): string {
  const named: unknown = Array.isArray(first) ? asArray(first)[0] : first;
  if (!isObject(named)) return isArray ? `[${typeof named}]` : typeof named;
  const keys = Object.keys(named)
    .slice(0, 12)
    .map((key) => key.slice(0, 40));
  return isArray ? `[{ ${keys.join(', ')} }]` : keys.join(', ');
}

/** No error is made: thousands in an archive would cost more than what is in it. */
function unknown(code: ErrorCode, detail?: string): Detection {
  return { kind: 'unknown', error: { code, detail } };
}
