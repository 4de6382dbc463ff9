/** Bytes of attachments of our own files: in the conversation itself, or beside it in its archive. */
import type { NativeConversation } from '#domain/imported.ts';
import type { AttachmentReference } from '#domain/message.ts';
import { MAX_ATTACHMENT_BYTES } from '#files/limits.ts';
import { readBytes } from '#files/read-bytes.ts';
import type { AssetFinder } from './find-asset.ts';
import { ATTACHMENT_FOLDER, attachmentEntryName } from './safe-file-name.ts';

/** Whether the bytes are at hand, without reading them. */
export function hasNativeBytes(
  { bytesById }: NativeConversation,
  reference: Pick<AttachmentReference, 'id' | 'name'>,
  findAsset: AssetFinder,
): boolean {
  if (Object.hasOwn(bytesById, reference.id)) return true;
  const asset = findAsset(keysOf(reference));
  return asset !== undefined && asset.sizeBytes <= MAX_ATTACHMENT_BYTES;
}

/** The bytes; undefined when there are none, they cannot be read, or there are too many. */
export async function readNativeBytes(
  { bytesById }: NativeConversation,
  reference: Pick<AttachmentReference, 'id' | 'name'>,
  findAsset: AssetFinder,
): Promise<ArrayBuffer | undefined> {
  if (Object.hasOwn(bytesById, reference.id)) return bytesById[reference.id];
  const asset = findAsset(keysOf(reference));
  if (!asset || asset.sizeBytes > MAX_ATTACHMENT_BYTES) return undefined;
  const bytes = await readBytes(asset.stream(), MAX_ATTACHMENT_BYTES).catch(() => undefined);
  return bytes?.buffer;
}

/** As the archive names it; by its id alone when a person moved or renamed the entry. */
function keysOf(reference: Pick<AttachmentReference, 'id' | 'name'>): readonly string[] {
  return [`${ATTACHMENT_FOLDER}${attachmentEntryName(reference)}`, reference.id];
}
