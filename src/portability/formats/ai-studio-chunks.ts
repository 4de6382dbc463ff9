/** The chunks of a prompt of Google AI Studio: what was said, thought, attached and called (FORMATS 2.3). */
import type { ImportedAttachment, ImportedMessage, ImportNote } from '#domain/imported.ts';
import { readDate } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import { readCitations } from './read-citations.ts';
import { joinReasoning, readBase64, readErrorText } from './read-content.ts';
import { asArray, asCount, asText, isObject, member, objectsOf, readRole } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** The messages in their order; chunks that are thoughts become those of the next answer. */
export function readAiStudioChunks(
  chunks: readonly unknown[],
  notes: Set<ImportNote>,
): readonly MessageDraft[] {
  const messages: MessageDraft[] = [];
  let thought: Thought | null = null;
  for (const chunk of objectsOf(chunks, notes)) {
    const message = readChunk(chunk, notes);
    if (member(chunk, 'isThought') === true) {
      const reasoning = joinReasoning(message.reasoning, asText(message.content));
      thought = withThought({ ...message, reasoning }, thought);
      continue;
    }
    // Thoughts that no answer follows are kept as an answer without words.
    if (message.role !== 'assistant' && thought && thought.reasoning !== null) {
      messages.push({ role: 'assistant', content: '', ...thought });
      thought = null;
    }
    messages.push({ ...message, ...withThought(message, thought) });
    thought = null;
  }
  if (thought) messages.push({ role: 'assistant', content: '', ...thought });
  return messages;
}

type Thought = Pick<ImportedMessage, 'reasoning' | 'parts' | 'attachments'>;

/** What was thought before and then; files of thoughts last, because stored ones are known by their place. */
function withThought({ reasoning, parts, attachments }: Thought, before: Thought | null): Thought {
  return {
    reasoning: joinReasoning(before?.reasoning ?? null, reasoning),
    parts: [...(before?.parts ?? []), ...parts],
    attachments: [...attachments, ...(before?.attachments ?? [])],
  };
}

const FILES = new Set(['driveDocument', 'driveImage', 'driveAudio', 'driveVideo']);
const INLINE = new Set(['inlineFile', 'inlineImage', 'inlineData', 'inlineAudio']);
const BLOCKS = new Set([
  'executableCode',
  'codeExecutionResult',
  'functionCall',
  'functionResponse',
  'youtubeVideo',
]);
/** Read, or of no use to anybody but AI Studio. */
const OTHERS = new Set([
  'role',
  'text',
  'parts',
  'isThought',
  'tokenCount',
  'createTime',
  'errorMessage',
  'finishReason',
  'feedback',
  'grounding',
  'isEdited',
  'branchParent',
  'branchChildren',
  'thinkingBudget',
  'thoughtSignatures',
]);

/** Blocks that are neither text nor a file, and whatever else nobody knows, under their keys. */
function readBlocks(chunk: JsonObject, notes: Set<ImportNote>): readonly unknown[] {
  const keys = Object.keys(chunk).filter(
    (key) => !OTHERS.has(key) && isBlock(chunk[key]) && readFile(key, chunk[key]) === null,
  );
  const parts = objectsOf(chunk['parts'], notes).filter(
    (part) => Object.keys(part).some((key) => !TEXT.has(key)) && readPartFile(part) === null,
  );
  const partKeys = parts.flatMap((part) => Object.keys(part).filter((key) => !TEXT.has(key)));
  if ([...keys, ...partKeys].some((key) => !BLOCKS.has(key))) notes.add('unknown_block');
  return [...keys.map((key) => ({ type: key, [key]: chunk[key] })), ...parts];
}

/** What a part of a chunk has beside what it says. */
const TEXT = new Set(['text', 'thought', 'thoughtSignature']);

/** Numbers and flags are no blocks. */
function isBlock(value: unknown): boolean {
  return (typeof value === 'object' && value !== null) || asText(value) !== null;
}

function readFields(chunk: JsonObject): Record<string, unknown> {
  const fields = Object.entries(chunk).filter(
    ([key, value]) => !OTHERS.has(key) && !isBlock(value) && value !== null && value !== '',
  );
  return fields.length === 0 ? {} : { source_fields: Object.fromEntries(fields) };
}

function readChunk(chunk: JsonObject, notes: Set<ImportNote>): MessageDraft & Thought {
  const { role, sourceRole, isKnown } = readRole(member(chunk, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const text = readChunkText(chunk);
  const error = readErrorText(member(chunk, 'errorMessage'));
  const tokenCount = asCount(member(chunk, 'tokenCount'));
  const feedback = member(chunk, 'feedback');
  const branch = member(chunk, 'branchParent');
  const citations = readCitations(member(member(chunk, 'grounding'), 'groundingSources'));
  return {
    role,
    content: text.content,
    reasoning: text.reasoning,
    parts: readBlocks(chunk, notes),
    attachments: readFiles(chunk, notes),
    timestamp: readDate(member(chunk, 'createTime'), notes),
    tokenCount,
    completionTokens: role === 'assistant' ? tokenCount : null,
    finishReason: asText(member(chunk, 'finishReason')),
    status: error === null ? 'complete' : 'error',
    rating: readRating(feedback),
    metadata: {
      ...(sourceRole === null ? {} : { source_role: sourceRole }),
      ...(error === null ? {} : { error }),
      ...(isBlock(feedback) ? { source_rating: feedback } : {}),
      ...(isObject(branch) ? { branch_parent: branch } : {}),
      ...(citations.length === 0 ? {} : { citations }),
      ...(member(chunk, 'isEdited') === true ? { edited: true } : {}),
      ...readFields(chunk),
    },
  };
}

/** `text` is the whole; `parts` says which of it are thoughts and stands in for a missing `text`. */
function readChunkText(chunk: JsonObject): { content: string; reasoning: string | null } {
  const parts = asArray(member(chunk, 'parts'));
  const partTexts = (isThought: boolean) =>
    parts
      .filter((part) => (member(part, 'thought') === true) === isThought)
      .map((part) => asText(member(part, 'text')) ?? '')
      .join('');
  const text = asText(member(chunk, 'text'));
  if (member(chunk, 'isThought') === true) {
    return { content: text ?? (partTexts(true) || partTexts(false)), reasoning: null };
  }
  const thoughts = partTexts(true);
  const said = partTexts(false);
  return {
    content: text !== null && thoughts === '' ? text : said === '' ? (text ?? '') : said,
    reasoning: asText(thoughts),
  };
}

function readRating(feedback: unknown): 1 | 5 | null {
  const name = asText(feedback) ?? asText(member(feedback, 'rating')) ?? '';
  if (/^(?:thumbs?_?up|good|positive)$/i.test(name)) return 5;
  return /^(?:thumbs?_?down|bad|negative)$/i.test(name) ? 1 : null;
}

/** Those in Drive first, then those whose bytes the chunk holds, then those of its parts. */
function readFiles(chunk: JsonObject, notes: Set<ImportNote>): readonly ImportedAttachment[] {
  const named = [...FILES, ...INLINE].flatMap((key) => readFile(key, member(chunk, key)) ?? []);
  if (named.some(({ dataUrl }) => dataUrl === undefined)) notes.add('asset_missing');
  return [...named, ...asArray(chunk['parts']).flatMap((part) => readPartFile(part) ?? [])];
}

/** Files in Drive are named by an id only, and never lie beside the prompt. */
function readFile(key: string, value: unknown): ImportedAttachment | null {
  const id = FILES.has(key) ? asText(member(value, 'id')) : null;
  if (id !== null) {
    const name = key.replace('drive', '').toLowerCase();
    return { name, mediaType: null, sizeBytes: null, assetKeys: [id] };
  }
  const data = INLINE.has(key) ? asText(member(value, 'data')) : null;
  if (data === null) return null;
  const mediaType = asText(member(value, 'mimeType')) ?? 'application/octet-stream';
  return readBase64(data, mediaType, asText(member(value, 'name')) ?? 'file');
}

function readPartFile(part: unknown): ImportedAttachment | null {
  for (const key of INLINE) {
    const file = readFile(key, member(part, key));
    if (file) return file;
  }
  return null;
}
