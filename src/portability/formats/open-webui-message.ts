import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedAttachment, ImportedMessage } from '#domain/imported.ts';
import type { MessageStatus, Role } from '#domain/message.ts';
import { joinParagraphs } from './compose-markdown.ts';
import { splitDetails } from './open-webui-details.ts';
import type { SplitDetails } from './open-webui-details.ts';
import { readOutputItems } from './open-webui-output.ts';
import { createAttachment, mediaTypeOfDataUrl, readAttachment } from './read-attachment.ts';
import { distinctCitations, readCitation } from './read-citations.ts';
import type { Citation } from './read-citations.ts';
import { readContent } from './read-content.ts';
import type { ReadContent } from './read-content.ts';
import { identify, listedParts, onlySaid, readDate, readSaidRole, readThumb } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asCount, asId, asObject, asText, isObject, member } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** One message of `history.messages`; `key` is its name there and stands in for a missing id. */
export function readOpenWebuiMessage(
  key: string | null,
  value: JsonObject,
  index: number,
  notes: NoteSet,
): ImportedMessage {
  const { role, source_role } = readSaidRole(notes, value['role']);
  const written = readWritten(value['content'], notes);
  const split = role === 'assistant' ? splitDetails(written.text) : asIs(written.text);
  const output = readOutputItems(value['output'], notes);
  const content = split.text === '' ? output.text : split.text;
  const timestamp = readDate(notes, value['timestamp']);
  // `output` and the text say the same in two ways; what the items know is more exact.
  const reasoning = output.reasoning ?? joinParagraphs([...split.reasoning, written.reasoning]);
  const id = asId(value['id']) ?? key;
  return createImportedMessage({
    ...identify(notes, id, 'open-webui', role, content, index, timestamp),
    parentSourceId: asId(value['parentId']),
    role,
    content,
    reasoning: reasoning === '' ? null : reasoning,
    parts: [
      ...(output.parts.length > 0 ? output.parts : split.parts),
      ...written.parts,
      ...listedParts({
        code_executions: value['code_executions'],
        follow_ups: value['followUps'],
      }),
      ...(isObject(value['merged']) ? [{ type: 'merged', ...value['merged'] }] : []),
    ],
    timestamp,
    ...readEnd(value, role),
    ...readUsage(value, role),
    modelUsed: role === 'assistant' ? asText(value['model']) : null,
    ...readRating(value['annotation']),
    attachments: [
      ...asArray(value['files']).flatMap((file) => readFile(file) ?? []),
      ...written.attachments,
      ...output.attachments,
    ],
    metadata: readDetails(value, source_role),
  });
}

function asIs(text: string): SplitDetails {
  return { text, reasoning: [], parts: [] };
}

interface Written extends Pick<ReadContent, 'reasoning' | 'parts' | 'attachments'> {
  readonly text: string;
}

/** The content is text, or a list of OpenAI's content parts; one part alone is such a list too. */
function readWritten(content: unknown, notes: NoteSet): Written {
  const listed = isObject(content) ? [content] : asArray(content);
  const isWords = (part: unknown): boolean =>
    asText(part) !== null || asText(member(part, 'text')) !== null;
  const words = listed.map((part) => asText(member(part, 'text')) ?? asText(part));
  const others = readContent(
    listed.filter((part) => !isWords(part)),
    notes,
  );
  const text = asText(content) ?? joinParagraphs([...words, others.content]);
  return { ...others, text };
}

function readEnd(value: JsonObject, role: Role): Pick<ImportedMessage, 'status' | 'finishReason'> {
  const finishReason = asText(value['finish_reason']);
  if (role !== 'assistant') return { status: 'complete', finishReason: null };
  const hasError = isObject(value['error']) || value['error'] === true || asText(value['error']);
  const status: MessageStatus = value['done'] === false ? 'interrupted' : 'complete';
  return { status: hasError ? 'error' : status, finishReason };
}

/** OpenAI's names, the Responses API's, and Ollama's with its nanoseconds. */
function readUsage(value: JsonObject, role: Role): Partial<ImportedMessage> {
  const usage = asObject(value['usage'] ?? value['info']);
  if (role !== 'assistant') return {};
  const count = (...keys: readonly string[]): number | null =>
    keys.map((key) => asCount(member(usage, key))).find((number) => number !== null) ?? null;
  const completionTokens = count('completion_tokens', 'output_tokens', 'eval_count');
  const nanoseconds = count('total_duration');
  return {
    promptTokens: count('prompt_tokens', 'input_tokens', 'prompt_eval_count'),
    completionTokens,
    tokenCount: completionTokens,
    responseTimeMs: nanoseconds === null ? null : Math.round(nanoseconds / 1e6),
  };
}

function readRating(annotation: unknown): Pick<ImportedMessage, 'rating' | 'feedback'> {
  const comment = asText(member(annotation, 'comment')) ?? asText(member(annotation, 'reason'));
  return { rating: readThumb(member(annotation, 'rating')), feedback: comment };
}

function readFile(value: unknown): ImportedAttachment | null {
  const url = asText(member(value, 'url'));
  if (url?.startsWith('data:')) {
    const mediaType = mediaTypeOfDataUrl(url);
    const name = asText(member(value, 'name')) ?? `file.${mediaType?.split('/')[1] ?? 'bin'}`;
    return createAttachment({ name, mediaType, dataUrl: url });
  }
  const file = member(value, 'file');
  const meta = member(file, 'meta');
  const attachment = readAttachment(value) ?? readAttachment(file) ?? readAttachment(idOf(url));
  if (!attachment) return null;
  const text = asText(member(member(file, 'data'), 'content'));
  const mediaType = attachment.mediaType ?? asText(member(meta, 'content_type'));
  return createAttachment({
    ...attachment,
    mediaType,
    sizeBytes: attachment.sizeBytes ?? asCount(member(meta, 'size')),
    ...(text !== null && { text }),
  });
}

/** `…/api/v1/files/<id>` or `…/files/<id>/content`, or the id alone. */
function idOf(url: string | null): string | null {
  const parts = url?.split(/[?#]/)[0]?.split('/') ?? [];
  return parts.findLast((part) => part !== '' && part !== 'content') ?? null;
}

function readDetails(
  value: JsonObject,
  sourceRole: string | null,
): Readonly<Record<string, unknown>> {
  const sources = asArray(value['sources'] ?? value['citations']);
  return onlySaid({
    source_role: sourceRole,
    model_name: asText(value['modelName']),
    model_index: value['modelIdx'],
    citations: distinctCitations(sources.flatMap(citationsOfSource)),
    source_rating: value['annotation'],
    error: value['error'],
  });
}

/** A source has lists side by side: one passage and its metadata at each position. */
function citationsOfSource(value: unknown): readonly (Citation | null)[] {
  const source = readCitation(member(value, 'source'));
  const passages = asArray(member(value, 'document'));
  const named = asArray(member(value, 'metadata')).map((metadata, index) => {
    const origin = asText(member(metadata, 'url')) ?? asText(member(metadata, 'source'));
    const url = origin !== null && /^https?:/i.test(origin) ? origin : (source?.url ?? null);
    const title = asText(member(metadata, 'title')) ?? asText(member(metadata, 'name'));
    const text = asText(passages[index])?.slice(0, 2000) ?? null;
    return { title: title ?? source?.title ?? origin, url, text };
  });
  return named.length > 0 ? named : [source];
}
