/** One message of big-AGI: fragments of the present version, or the text of older ones. */
import type { ImportedAttachment, ImportNote } from '#domain/imported.ts';
import { readDate } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import { joinTexts, readBase64, readDataUrl } from './read-content.ts';
import {
  asArray,
  asCount,
  asId,
  asNumber,
  asText,
  member,
  objectsOf,
  readRole,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** The message without a parent: big-AGI keeps a list. */
export function readBigAgiMessage(message: JsonObject, notes: Set<ImportNote>): MessageDraft {
  const { role, sourceRole, isKnown } = readRole(member(message, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const read = readFragments(member(message, 'fragments'), notes);
  const old = Array.isArray(member(message, 'fragments')) ? null : asText(member(message, 'text'));
  const generator = member(message, 'generator');
  const metrics = member(generator, 'metrics');
  const flags = asArray(member(message, 'userFlags'));
  const thumb = ['thumbs-up', 'thumbs-down'].find((name) => flags.includes(name));
  const isAnswer = role === 'assistant';
  const stop = asText(member(generator, 'tokenStopReason'));
  const cents = asNumber(member(metrics, '$c'));
  return {
    role,
    content: old ?? read.content,
    reasoning: read.reasoning,
    parts: read.parts,
    attachments: read.attachments,
    sourceId: asId(member(message, 'id')) ?? '',
    timestamp: readDate(member(message, 'created'), notes),
    status: read.error !== null ? 'error' : stop === 'client-abort' ? 'stopped' : 'complete',
    finishReason: stop,
    promptTokens: asCount(member(metrics, 'TIn')),
    completionTokens: asCount(member(metrics, 'TOut')),
    tokenCount: asCount(member(metrics, 'TOut')) ?? asCount(member(message, 'tokenCount')),
    costUsd: cents !== null && cents >= 0 ? cents / 100 : null,
    responseTimeMs: asCount(member(metrics, 'dtAll')),
    modelUsed: isAnswer ? readModel(message, generator) : null,
    rating: thumb === undefined ? null : thumb === 'thumbs-up' ? 5 : 1,
    metadata: {
      ...(sourceRole === null ? {} : { source_role: sourceRole }),
      ...(read.error === null ? {} : { error: read.error }),
      ...(flags.includes('starred') ? { starred: true } : {}),
      ...(thumb === undefined ? {} : { source_rating: thumb }),
    },
  };
}

function readModel(message: JsonObject, generator: unknown): string | null {
  return (
    asText(member(generator, 'name')) ??
    asText(member(member(generator, 'aix'), 'mId')) ??
    asText(member(message, 'originLLM'))
  );
}

interface Fragments {
  readonly content: string;
  readonly reasoning: string | null;
  readonly parts: readonly unknown[];
  readonly attachments: readonly ImportedAttachment[];
  readonly error: string | null;
}

function readFragments(fragments: unknown, notes: Set<ImportNote>): Fragments {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const parts: unknown[] = [];
  const attachments: ImportedAttachment[] = [];
  let error: string | null = null;
  for (const fragment of objectsOf(fragments, notes)) {
    const part = member(fragment, 'part');
    const kind = member(part, 'pt');
    const isFile = kind === 'image_ref' || kind === 'reference';
    if (isFile || member(fragment, 'ft') === 'attachment') {
      attachments.push(readAttachment(fragment, part, notes));
      // Nothing is fetched: what lies elsewhere is named, and its address stays.
      if (/^https?:/i.test(urlOf(part) ?? '')) parts.push(fragment);
    } else if (kind === 'text') texts.push(asText(member(part, 'text')) ?? '');
    else if (kind === 'ma') thoughts.push(asText(member(part, 'aText')) ?? '');
    else if (kind === 'error') {
      error = asText(member(part, 'error')) ?? 'error';
    } else if (kind !== 'ph' && kind !== '_pt_sentinel' && part !== undefined) {
      if (kind !== 'tool_invocation' && kind !== 'tool_response') notes.add('unknown_block');
      parts.push(fragment);
    }
  }
  return {
    content: joinTexts(texts),
    reasoning: asText(joinTexts(thoughts)),
    parts,
    attachments,
    error,
  };
}

/** A text document with its text, a picture with its bytes, or only their names. */
function readAttachment(
  fragment: JsonObject,
  part: unknown,
  notes: Set<ImportNote>,
): ImportedAttachment {
  const name =
    asText(member(fragment, 'title')) ??
    asText(member(part, 'altText')) ??
    asText(member(part, 'ref')) ??
    'file';
  const data = member(part, 'data');
  const text = asText(member(data, 'text')) ?? asText(member(part, 'text'));
  const reference = member(part, 'dataRef');
  const inline =
    readDataUrl(urlOf(part) ?? '', name) ??
    readInline(asText(member(data, 'base64')), asText(member(data, 'mimeType')), name);
  if (inline) return inline;
  const asset = asText(member(reference, 'dblobAssetId'));
  if (text === null) notes.add('asset_missing');
  return {
    name,
    mediaType: asText(member(data, 'mimeType')) ?? asText(member(part, 'mimeType')),
    sizeBytes: null,
    assetKeys: asset === null ? [] : [asset],
    ...(text === null ? {} : { text }),
  };
}

function urlOf(part: unknown): string | null {
  return asText(member(member(part, 'dataRef'), 'url'));
}

function readInline(
  data: string | null,
  mediaType: string | null,
  name: string,
): ImportedAttachment | null {
  return data === null ? null : readBase64(data, mediaType ?? 'application/octet-stream', name);
}
