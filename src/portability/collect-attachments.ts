import type { CreateId } from '#domain/ids.ts';
import type { ImportedAttachment, ImportedConversation, SkipReason } from '#domain/imported.ts';
import type { AttachmentReference } from '#domain/message.ts';
import { MAX_ATTACHMENT_BYTES } from '#files/limits.ts';
import { readBytes } from '#files/read-bytes.ts';
import { isBinaryName, readMediaType } from './file-kind.ts';
import type { AssetFinder } from './find-asset.ts';

/** Base64 has four characters for three bytes, and some head. */
const MAX_DATA_URL_CHARACTERS = MAX_ATTACHMENT_BYTES * 1.4;

/** An attachment with the bytes that were found for it. */
export interface CollectedAttachment {
  readonly reference: AttachmentReference;
  /** `sourceId` of its message. */
  readonly messageSourceId: string;
  /** Null when the export does not hold them. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  /** Why bytes that are there were not taken. */
  readonly refusal: Extract<SkipReason, 'asset_too_large'> | null;
}

/** Whether the bytes of an attachment are at hand, or a text in their place, without reading them. */
function isAtHand(attachment: ImportedAttachment, findAsset: AssetFinder): boolean {
  const { dataUrl, text, assetKeys } = attachment;
  return dataUrl !== undefined || text !== undefined || findAsset(assetKeys) !== undefined;
}

/** Whether the bytes of an attachment are at hand and too many to be taken, without reading them. */
export function isTooLarge(
  { dataUrl, assetKeys, text = '' }: ImportedAttachment,
  findAsset: AssetFinder,
): boolean {
  const asset = findAsset(assetKeys);
  const isTooLong = (dataUrl?.length ?? 0) > MAX_DATA_URL_CHARACTERS;
  if (dataUrl !== undefined && !(isTooLong && asset)) return isTooLong;
  return asset ? asset.sizeBytes > MAX_ATTACHMENT_BYTES : isTextTooLarge(text);
}

/** Whether a text is stored in more bytes than a file may have; a unit of UTF-16 becomes at most three. */
function isTextTooLarge(text: string): boolean {
  if (text.length * 3 <= MAX_ATTACHMENT_BYTES) return false;
  if (text.length > MAX_ATTACHMENT_BYTES) return true;
  return new TextEncoder().encode(text).length > MAX_ATTACHMENT_BYTES;
}

/** Whether the bytes of an attachment are at hand and small enough to be taken. */
export function isReadable(attachment: ImportedAttachment, findAsset: AssetFinder): boolean {
  return isAtHand(attachment, findAsset) && !isTooLarge(attachment, findAsset);
}

/** Whether nothing of an attachment is there: text that the source read out of it stands for its bytes. */
export function isMissing(attachment: ImportedAttachment, findAsset: AssetFinder): boolean {
  return !isAtHand(attachment, findAsset);
}

/**
 * The attachments of the messages that `isWanted`, one after another, each with its bytes read. A file
 * that cannot be read counts as missing.
 */
export async function* collectAttachments(
  { messages }: ImportedConversation,
  isWanted: (sourceId: string) => boolean,
  findAsset: AssetFinder,
  createId: CreateId,
): AsyncGenerator<CollectedAttachment> {
  for (const { sourceId, attachments } of messages) {
    if (!isWanted(sourceId)) continue;
    for (const attachment of attachments) {
      const read = await readAttachmentBytes(attachment, findAsset);
      const { bytes, name, mediaType } = read;
      yield {
        // 0 is how a reference says that its bytes are not here.
        reference: { id: createId(), name, mediaType, sizeBytes: bytes?.byteLength ?? 0 },
        messageSourceId: sourceId,
        bytes,
        refusal: read.isTooLarge ? 'asset_too_large' : null,
      };
    }
  }
}

/** As the export says it, or as the first bytes show; `application/octet-stream` when neither does. */
export function mediaTypeOf(
  { mediaType, dataUrl }: ImportedAttachment,
  bytes: Uint8Array | null,
): string {
  const known = mediaType ?? mediaTypeOfDataUrl(dataUrl);
  return known ?? (bytes && readMediaType(bytes)) ?? 'application/octet-stream';
}

/** What an attachment is stored as. */
export interface ReadAttachment {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  readonly isTooLarge: boolean;
}

/**
 * The bytes, from the export itself or out of its archive, else the text that stands for them. What cannot
 * be read counts as missing.
 */
export async function readAttachmentBytes(
  attachment: ImportedAttachment,
  findAsset: AssetFinder,
): Promise<ReadAttachment> {
  const { name, text } = attachment;
  const { bytes, isTooLarge: isRefused } = await readOwnBytes(attachment, findAsset);
  if (!bytes && text !== undefined && !isTextTooLarge(text)) {
    const written = new TextEncoder().encode(text);
    const as = { name: nameOfText(attachment), mediaType: mediaTypeOfText(attachment) };
    return { ...as, bytes: written, isTooLarge: isRefused };
  }
  const isTooLong = !bytes && (text?.length ?? 0) > 0;
  const mediaType = mediaTypeOf(attachment, bytes);
  return { name, mediaType, bytes, isTooLarge: isRefused || isTooLong };
}

async function readOwnBytes(
  { dataUrl, assetKeys }: ImportedAttachment,
  findAsset: AssetFinder,
): Promise<Pick<ReadAttachment, 'bytes' | 'isTooLarge'>> {
  const isTooLong = (dataUrl?.length ?? 0) > MAX_DATA_URL_CHARACTERS;
  const held = dataUrl === undefined || isTooLong ? null : decodeDataUrl(dataUrl);
  const asset = held ? undefined : findAsset(assetKeys);
  if (!asset) return { bytes: held, isTooLarge: isTooLong };
  if (asset.sizeBytes > MAX_ATTACHMENT_BYTES) return { bytes: null, isTooLarge: true };
  const bytes = await readBytes(asset.stream(), MAX_ATTACHMENT_BYTES).catch(() => null);
  return { bytes, isTooLarge: false };
}

/** Kinds of file that are text themselves; what is shown as a picture is none. */
const TEXT_TYPE =
  /^text\/|^application\/(?:.*[+.-])?(?:json|xml|yaml|toml|javascript|typescript|sh|csv)$/i;

/** What was said of the file holds for its text only where the file was one. */
function mediaTypeOfText({ mediaType }: ImportedAttachment): string {
  return mediaType !== null && TEXT_TYPE.test(mediaType) ? mediaType : 'text/plain';
}

/** Nobody can open a text as the document or the picture that it was read out of. */
function nameOfText({ name, mediaType }: ImportedAttachment): string {
  const wasText = mediaType === null ? !isBinaryName(name) : TEXT_TYPE.test(mediaType);
  return wasText || /\.(txt|md)$/i.test(name) ? name : `${name}.txt`;
}

/** The bytes of a `data:` URL; null when it is none. */
export function decodeDataUrl(url: string): Uint8Array<ArrayBuffer> | null {
  const comma = url.indexOf(',');
  const head = url.slice(0, Math.min(comma, 300));
  if (comma === -1 || !/^data:/i.test(head)) return null;
  try {
    if (!/;base64$/i.test(head.trim())) {
      return new TextEncoder().encode(decodeURIComponent(url.slice(comma + 1)));
    }
    const text = atob(
      url
        .slice(comma + 1)
        .replace(/%2B/gi, '+')
        .replace(/%2F/gi, '/'),
    );
    return Uint8Array.from(text, (unit) => unit.charCodeAt(0));
  } catch {
    return null;
  }
}

function mediaTypeOfDataUrl(url: string | undefined): string | null {
  return (
    /^data:([\w.+-]+\/[\w.+-]+)[;,]/i.exec(url?.slice(0, 200) ?? '')?.[1]?.toLowerCase() ?? null
  );
}
