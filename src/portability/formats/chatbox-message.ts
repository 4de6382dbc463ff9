/** One message of Chatbox: parts of the present version, or the single text of older ones. */
import { deriveSourceId } from '#domain/imported.ts';
import type { ImportedAttachment, ImportNote } from '#domain/imported.ts';
import { readDate, withoutNulls } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import {
  joinReasoning,
  joinTexts,
  readDataUrl,
  readErrorText,
  splitThinking,
} from './read-content.ts';
import { readUsage } from './read-usage.ts';
import { asArray, asCount, asId, asText, member, objectsOf, readRole } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/**
 * The message below `parentSourceId`.
 * @param store The whole dump: pictures stand in it by their storage key.
 */
export function readChatboxMessage(
  message: JsonObject,
  position: number,
  parentSourceId: string | null,
  store: JsonObject,
  notes: Set<ImportNote>,
): MessageDraft & { readonly sourceId: string } {
  const { role, sourceRole, isKnown } = readRole(member(message, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const read = readParts(message, store, notes);
  const thinking = role === 'assistant' ? splitThinking(read.content) : null;
  const timestamp = readDate(member(message, 'timestamp'), notes);
  const givenId = asId(member(message, 'id'));
  const error = readErrorText(member(message, 'error'));
  const usage = readUsage(member(message, 'usage'));
  const isAnswer = role === 'assistant';
  return {
    role,
    content: thinking?.content ?? read.content,
    reasoning: joinReasoning(
      asText(member(message, 'reasoningContent')),
      read.reasoning,
      thinking?.reasoning ?? null,
    ),
    parts: [
      ...read.parts,
      ...['pictures', 'links'].flatMap((key) =>
        asArray(member(message, key))
          .filter(isElsewhere)
          .map((link) => ({ type: 'link', ...link })),
      ),
    ],
    attachments: [...read.attachments, ...readFiles(message, store, notes)],
    sourceId:
      givenId ?? deriveSourceId('chatbox', parentSourceId, role, read.content, position, timestamp),
    isSourceIdDerived: givenId === null,
    parentSourceId,
    timestamp,
    ...usage,
    tokenCount: usage.tokenCount ?? asCount(member(message, 'tokenCount')),
    modelUsed: isAnswer ? asText(member(message, 'model')) : null,
    finishReason: asText(member(message, 'finishReason')),
    status:
      error !== null
        ? 'error'
        : member(message, 'generating') === true
          ? 'interrupted'
          : 'complete',
    metadata: withoutNulls({
      source_role: sourceRole,
      provider: isAnswer ? asText(member(message, 'aiProvider')) : null,
      first_token_ms: asCount(member(message, 'firstTokenLatency')),
      error,
    }),
  };
}

const FILE_KEY = /^(?:picture:|file:|parseFile-|parseUrl-)/;

interface Parts {
  readonly content: string;
  readonly reasoning: string | null;
  readonly parts: readonly unknown[];
  readonly attachments: readonly ImportedAttachment[];
}

function readParts(message: JsonObject, store: JsonObject, notes: Set<ImportNote>): Parts {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const parts: unknown[] = [];
  const attachments: ImportedAttachment[] = [];
  for (const part of objectsOf(member(message, 'contentParts'), notes)) {
    const type = member(part, 'type');
    const text = asText(member(part, 'text'));
    if (type === 'text') texts.push(text ?? '');
    else if (type === 'reasoning') thoughts.push(text ?? '');
    else if (type === 'image') {
      attachments.push(readStored(part, 'image', store, notes));
      if (isElsewhere(part)) parts.push(part);
    } else {
      if (type !== 'tool-call' && type !== 'info') notes.add('unknown_block');
      parts.push(part);
    }
  }
  const old = asText(member(message, 'content'));
  if (!Array.isArray(member(message, 'contentParts')) && old !== null) texts.push(old);
  return { content: joinTexts(texts), reasoning: asText(joinTexts(thoughts)), parts, attachments };
}

function readFiles(
  message: JsonObject,
  store: JsonObject,
  notes: Set<ImportNote>,
): readonly ImportedAttachment[] {
  const pictures = objectsOf(member(message, 'pictures'), notes);
  const files = objectsOf(member(message, 'files'), notes);
  const links = objectsOf(member(message, 'links'), notes);
  return [
    ...pictures.map((picture) => readStored(picture, 'image', store, notes)),
    ...files.map((file) => readStored(file, 'file', store, notes)),
    ...links.map((link) => readStored(link, 'link', store, notes)),
  ];
}

/** Whether an address of the web is all there is: it is never fetched, and stays as a part. */
function isElsewhere(file: unknown): file is JsonObject {
  return /^https?:/i.test(asText(member(file, 'url')) ?? '');
}

/** A file by its storage key: its bytes as a data URL, or the text that was read out of it. */
function readStored(
  file: unknown,
  kind: string,
  store: JsonObject,
  notes: Set<ImportNote>,
): ImportedAttachment {
  const key = asText(member(file, 'storageKey'));
  const name = asText(member(file, 'name')) ?? asText(member(file, 'title')) ?? kind;
  // A message may name any key; only those that Chatbox makes for files are read.
  const stored = key !== null && FILE_KEY.test(key) ? asText(member(store, key)) : null;
  const inline = stored ?? asText(member(file, 'url')) ?? asText(member(file, 'base64Data'));
  const attachment = inline === null ? null : readDataUrl(inline, name);
  if (attachment) return attachment;
  if (stored === null) notes.add('asset_missing');
  return {
    name,
    mediaType: asText(member(file, 'fileType')),
    sizeBytes: null,
    assetKeys: key === null ? [] : [key],
    ...(stored === null ? {} : { text: stored }),
  };
}
