import type { ImportedAttachment } from '#domain/imported.ts';
import { createAttachment } from './read-attachment.ts';
import { asArray, asCount, asId, asText, isObject, member } from './read-value.ts';
import type { ReadContext } from './format.ts';

/** A file that a part of a message points at. */
export interface AssetPointer {
  /** Without its scheme: `file_abc` of `sediment://file_abc`, `file-abc` of `file-service://file-abc`. */
  readonly id: string;
  readonly sizeBytes: number | null;
  /** Null for images, whose bytes tell it better. */
  readonly mediaType: string | null;
}

/** The pointer in a part of whatever kind; null when it names no file. */
export function readAssetPointer(part: unknown): AssetPointer | null {
  const pointer = asText(member(part, 'asset_pointer'));
  const id = pointer === null ? null : assetIdOf(pointer);
  if (id === null || id === '') return null;
  const format = asText(member(part, 'format'));
  const isAudio = member(part, 'content_type') === 'audio_asset_pointer';
  return {
    id,
    sizeBytes: asCount(member(part, 'size_bytes')),
    mediaType: isAudio && format !== null && /^\w{1,10}$/.test(format) ? `audio/${format}` : null,
  };
}

/** `sediment://<hash>#file_abc#page.jpg` is seen too: the piece that is a file's id is taken. */
function assetIdOf(pointer: string): string {
  const pieces = pointer.replace(/^[\w+.-]+:\/\//, '').split('#');
  return pieces.find((piece) => /^file[-_]/.test(piece)) ?? pieces[0] ?? '';
}

/** `library_files.json`, `conversation_asset_file_names.json`: names and types of files by their ids. */
export const CHATGPT_ASSET_COMPANIONS: readonly RegExp[] = [
  /^library_files\.json$/,
  /^conversation_asset_file_names\.json$/,
];

/**
 * The attachments of a message: what its `metadata.attachments` lists and what its parts point at,
 * each file once, with the names and types that the archive's other files know.
 */
export function readChatgptAttachments(
  listed: unknown,
  pointers: readonly AssetPointer[],
  context: ReadContext,
): readonly ImportedAttachment[] {
  const byId = new Map<string, ImportedAttachment>();
  for (const entry of asArray(listed)) {
    if (!isObject(entry)) continue;
    const id = asId(entry['id']) ?? asId(entry['library_file_id']) ?? asText(entry['name']);
    if (id === null || byId.has(id)) continue;
    byId.set(id, describe(id, entry, null, context));
  }
  for (const pointer of pointers) {
    const listedEntry = byId.get(pointer.id);
    if (listedEntry && listedEntry.sizeBytes !== null) continue;
    byId.set(pointer.id, {
      ...describe(pointer.id, undefined, pointer, context),
      ...(listedEntry && { name: listedEntry.name }),
    });
  }
  return [...byId.values()];
}

function describe(
  id: string,
  entry: unknown,
  pointer: AssetPointer | null,
  context: ReadContext,
): ImportedAttachment {
  const libraryId = asId(member(entry, 'library_file_id'));
  const library =
    libraryIndex(context).get(id) ??
    (libraryId === null ? undefined : libraryIndex(context).get(libraryId));
  const keys = [id, libraryId, asId(member(library, 'file_id'))].flatMap((key) => key ?? []);
  return createAttachment({
    name:
      asText(member(entry, 'name')) ??
      asText(member(library, 'file_name')) ??
      nameIndex(context).get(id) ??
      id,
    mediaType:
      asText(member(entry, 'mime_type')) ??
      asText(member(library, 'mime_type')) ??
      pointer?.mediaType ??
      null,
    sizeBytes:
      asCount(member(entry, 'size')) ??
      asCount(member(library, 'file_size_bytes')) ??
      pointer?.sizeBytes ??
      null,
    assetKeys: [...new Set(keys)],
  });
}

// A shard has a hundred conversations and each asks again: an index lives as long as its companion.
const libraryIndexes = new WeakMap<object, ReadonlyMap<string, unknown>>();
const nameIndexes = new WeakMap<object, ReadonlyMap<string, string>>();

function libraryIndex(context: ReadContext): ReadonlyMap<string, unknown> {
  const companion = context.companions.get('library_files.json');
  if (typeof companion !== 'object' || companion === null) return new Map();
  const known = libraryIndexes.get(companion);
  if (known) return known;
  const index = new Map<string, unknown>();
  const lists = isObject(companion) ? Object.values(companion).filter(Array.isArray) : [companion];
  for (const entry of lists.flatMap(asArray)) {
    const ids = [member(entry, 'file_id'), member(member(entry, 'id'), 'id'), member(entry, 'id')];
    for (const id of ids.flatMap((value) => asId(value) ?? [])) {
      if (!index.has(id)) index.set(id, entry);
    }
  }
  libraryIndexes.set(companion, index);
  return index;
}

/** Original names by file id: the keys are the archive's names, `file_abc.dat`. */
function nameIndex(context: ReadContext): ReadonlyMap<string, string> {
  const companion = context.companions.get('conversation_asset_file_names.json');
  if (!isObject(companion)) return new Map();
  const known = nameIndexes.get(companion);
  if (known) return known;
  const index = new Map<string, string>();
  for (const [key, value] of Object.entries(companion)) {
    const name = asText(value);
    if (name !== null) index.set(key.replace(/\.[^.]*$/, ''), name);
  }
  nameIndexes.set(companion, index);
  return index;
}
