import type { ImportedAttachment } from '#domain/imported.ts';
import { asCount, asId, asText, member } from './read-value.ts';

/** Where the parts of an attachment are looked for: the first key that says something counts. */
interface AttachmentKeys {
  readonly name: readonly string[];
  readonly mediaType: readonly string[];
  readonly sizeBytes: readonly string[];
  /** All that are there become asset keys. */
  readonly ids: readonly string[];
}

const USUAL: AttachmentKeys = {
  name: ['file_name', 'fileName', 'filename', 'name', 'title'],
  mediaType: [
    'mime_type',
    'mimeType',
    'file_type',
    'fileType',
    'media_type',
    'content_type',
    'type',
  ],
  sizeBytes: ['size', 'file_size', 'fileSize', 'size_bytes', 'bytes', 'file_size_bytes'],
  ids: ['id', 'file_id', 'fileId', 'file_uuid', 'uuid', 'fileMetadataId', 'file_metadata_id'],
};

/** An attachment from what is known of it. A media type without a slash is none. */
export function createAttachment(
  fields: Pick<ImportedAttachment, 'name'> & Partial<ImportedAttachment>,
): ImportedAttachment {
  const { mediaType = null } = fields;
  return {
    sizeBytes: null,
    assetKeys: [],
    ...fields,
    mediaType: mediaType?.includes('/') ? mediaType : null,
  };
}

/**
 * A file that an export names by its place: `path` from the folder of `fileName`, the file that names it.
 * Another folder of the same archive may well have a file of that name.
 */
export function createFileBeside(path: string, fileName: string): ImportedAttachment {
  const name = path.split(/[\\/]/).at(-1) ?? path;
  const folder = fileName.slice(0, fileName.lastIndexOf('/') + 1);
  return createAttachment({ name, assetKeys: [`${folder}${path}`] });
}

/** An attachment out of an object with the usual names, or a text that is an id; null when nameless. */
export function readAttachment(value: unknown): ImportedAttachment | null {
  const said = (keys: readonly string[]): string[] =>
    keys.flatMap((key) => asId(member(value, key)) ?? []);
  const assetKeys = typeof value === 'string' && value !== '' ? [value] : said(USUAL.ids);
  const name = said(USUAL.name).at(0) ?? assetKeys.at(0);
  if (name === undefined) return null;
  const mediaType = USUAL.mediaType.flatMap((key) => asText(member(value, key)) ?? []);
  const sizes = USUAL.sizeBytes.flatMap((key) => asCount(member(value, key)) ?? []);
  return createAttachment({
    name,
    mediaType: mediaType.find((type) => type.includes('/')) ?? null,
    sizeBytes: sizes.at(0) ?? null,
    assetKeys: [...new Set(assetKeys)],
  });
}

/** The media type a `data:` URL names; null when it is no such URL or names none. */
export function mediaTypeOfDataUrl(url: string): string | null {
  return /^data:([\w.+-]+\/[\w.+-]+)[;,]/i.exec(url.slice(0, 200))?.[1]?.toLowerCase() ?? null;
}
