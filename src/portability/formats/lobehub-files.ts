/** Files of LobeHub's messages. Their bytes are in an export only where they are data URLs. */
import type { ImportedAttachment, ImportNote } from '#domain/imported.ts';
import { readDataUrl } from './read-content.ts';
import { asArray, asCount, asId, asText, member, objectsOf } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** Tables beside the messages, by id; a single topic has none. */
export interface MessageTables {
  readonly plugins?: ReadonlyMap<string, JsonObject>;
  readonly translations?: ReadonlyMap<string, JsonObject>;
  readonly threads?: ReadonlyMap<string, JsonObject>;
  readonly files?: ReadonlyMap<string, JsonObject>;
  readonly filesByMessage?: ReadonlyMap<string, readonly JsonObject[]>;
}

/** The files of each message, by rows `{ messageId, fileId }`. */
export function linkFiles(
  files: ReadonlyMap<string, JsonObject>,
  links: readonly unknown[],
): ReadonlyMap<string, readonly JsonObject[]> {
  const found = new Map<string, JsonObject[]>();
  for (const link of links) {
    const message = asId(member(link, 'messageId'));
    const file = files.get(asId(member(link, 'fileId')) ?? '');
    if (message === null || !file) continue;
    const list = found.get(message);
    if (list) list.push(file);
    else found.set(message, [file]);
  }
  return found;
}

/**
 * Files of a message from wherever its version of LobeHub names them, and as parts the addresses of those
 * that lie in the web: nothing is fetched.
 */
export function readLobeFiles(
  message: JsonObject,
  { files, filesByMessage }: MessageTables,
  notes: Set<ImportNote>,
): { readonly attachments: readonly ImportedAttachment[]; readonly parts: readonly unknown[] } {
  const lists = ['imageList', 'fileList', 'audioList', 'videoList'];
  const rows = [
    ...lists.flatMap((key) => asArray(member(message, key))),
    ...(filesByMessage?.get(asId(member(message, 'id')) ?? '') ?? []),
    // `files` holds ids in older versions.
    ...asArray(member(message, 'files')).map((file) =>
      typeof file === 'string' ? (files?.get(file) ?? { id: file }) : file,
    ),
  ];
  const found = objectsOf(rows, notes);
  return {
    attachments: found.map((file) => readFile(file, notes)),
    parts: found
      .filter(({ url }) => /^https?:/i.test(asText(url) ?? ''))
      .map((file) => ({ type: 'file', ...file })),
  };
}

function readFile(file: JsonObject, notes: Set<ImportNote>): ImportedAttachment {
  const fileId = asId(member(file, 'id'));
  const name = asText(member(file, 'name')) ?? asText(member(file, 'alt')) ?? fileId ?? 'file';
  const url = asText(member(file, 'url'));
  const inline = url === null ? null : readDataUrl(url, name);
  if (inline) return inline;
  notes.add('asset_missing');
  return {
    name,
    mediaType: asText(member(file, 'fileType')),
    sizeBytes: asCount(member(file, 'size')),
    assetKeys: fileId === null ? [] : [fileId],
  };
}
