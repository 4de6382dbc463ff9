/** Google AI Studio: one prompt a file, as it lies in Drive. The file's name is the title; it has no id. */
import { deriveSourceId } from '#domain/imported.ts';
import type { ImportedAttachment, ImportNote } from '#domain/imported.ts';
import { buildConversation, readDate } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { readCitations } from './read-citations.ts';
import { joinReasoning, readBase64, readContent, readErrorText } from './read-content.ts';
import {
  asArray,
  asCount,
  asNumber,
  asText,
  isObject,
  member,
  objectsOf,
  readRole,
} from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Reads a prompt file; parts that AI Studio thinks aloud become the reasoning of the next answer. */
export const aiStudioFormat: JsonFormat = {
  kind: 'json',
  id: 'ai-studio',
  source: 'ai-studio',
  unit: 'whole',
  matches: ({ isArray, first }) => !isArray && isObject(member(first, 'chunkedPrompt')),
  *read(value, { fileName }) {
    const title = titleOf(fileName);
    const chunks = member(member(value, 'chunkedPrompt'), 'chunks');
    if (!Array.isArray(chunks)) {
      yield skipped('no_messages_field', title);
      return;
    }
    const notes = new Set<ImportNote>();
    const settings = member(value, 'runSettings');
    const model = asText(member(settings, 'model'));
    const messages = readChunks(asArray(chunks), notes);
    yield buildConversation({
      source: 'ai-studio',
      // By title and first prompt, so that it is the same one when it has grown.
      sourceId: deriveSourceId('ai-studio', title, messages[0]?.content ?? null),
      isSourceIdDerived: true,
      title,
      chatModel: model?.replace(/^models\//, '') ?? null,
      temperature: asNumber(member(settings, 'temperature')),
      systemPrompt: readSystem(member(value, 'systemInstruction'), notes),
      metadata: readSettings(settings),
      messages,
      shape: 'chain',
      notes,
    });
  },
};

function titleOf(fileName: string): string | null {
  const name = fileName.split(/[\\/]/).pop() ?? fileName;
  return asText(name.replace(/\.(json|txt)$/i, ''));
}

function readSystem(value: unknown, notes: Set<ImportNote>): string | null {
  const parts = member(value, 'parts');
  return asText(member(value, 'text')) ?? asText(readContent(parts ?? null, notes).content);
}

function readSettings(settings: unknown): Record<string, unknown> {
  const numbers = ['topP', 'topK', 'maxOutputTokens'].flatMap((key) => {
    const number = asNumber(member(settings, key));
    return number === null ? [] : [[key, number]];
  });
  return numbers.length === 0 ? {} : { run_settings: Object.fromEntries(numbers) as unknown };
}

function readChunks(chunks: readonly unknown[], notes: Set<ImportNote>): readonly MessageDraft[] {
  const messages: MessageDraft[] = [];
  let thoughts: string | null = null;
  for (const chunk of objectsOf(chunks, notes)) {
    const message = readChunk(chunk, notes);
    if (member(chunk, 'isThought') === true) {
      thoughts = joinReasoning(thoughts, message.reasoning ?? null, asText(message.content));
      continue;
    }
    const isAnswer = message.role === 'assistant';
    // Thoughts that no answer follows are kept as an answer without words.
    if (!isAnswer && thoughts !== null) {
      messages.push({ role: 'assistant', content: '', reasoning: thoughts });
      thoughts = null;
    }
    messages.push(
      isAnswer
        ? { ...message, reasoning: joinReasoning(thoughts, message.reasoning ?? null) }
        : message,
    );
    if (isAnswer) thoughts = null;
  }
  if (thoughts !== null) messages.push({ role: 'assistant', content: '', reasoning: thoughts });
  return messages;
}

const FILES = ['driveDocument', 'driveImage', 'driveAudio', 'driveVideo'];
const BLOCKS = [
  'executableCode',
  'codeExecutionResult',
  'functionCall',
  'functionResponse',
  'youtubeVideo',
];

function readChunk(chunk: JsonObject, notes: Set<ImportNote>): MessageDraft {
  const { role, sourceRole, isKnown } = readRole(member(chunk, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const text = readChunkText(chunk);
  const error = readErrorText(member(chunk, 'errorMessage'));
  const tokenCount = asCount(member(chunk, 'tokenCount'));
  const branch = member(chunk, 'branchParent');
  const citations = readCitations(member(member(chunk, 'grounding'), 'groundingSources'));
  return {
    role,
    content: text.content,
    reasoning: text.reasoning,
    parts: BLOCKS.flatMap((key) => {
      const block = member(chunk, key);
      return isObject(block) ? [{ type: key, [key]: block }] : [];
    }),
    attachments: readFiles(chunk, notes),
    timestamp: readDate(member(chunk, 'createTime'), notes),
    tokenCount,
    completionTokens: role === 'assistant' ? tokenCount : null,
    finishReason: asText(member(chunk, 'finishReason')),
    status: error === null ? 'complete' : 'error',
    rating: readRating(member(chunk, 'feedback')),
    metadata: {
      ...(sourceRole === null ? {} : { source_role: sourceRole }),
      ...(error === null ? {} : { error }),
      ...(isObject(branch) ? { branch_parent: branch } : {}),
      ...(citations.length === 0 ? {} : { citations }),
      ...(member(chunk, 'isEdited') === true ? { edited: true } : {}),
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

/** Files in Drive are named by an id only, and never lie beside the prompt. */
function readFiles(chunk: JsonObject, notes: Set<ImportNote>): readonly ImportedAttachment[] {
  const linked = FILES.flatMap((key) => {
    const id = asText(member(member(chunk, key), 'id'));
    if (id === null) return [];
    notes.add('asset_missing');
    return [
      {
        name: key.replace('drive', '').toLowerCase(),
        mediaType: null,
        sizeBytes: null,
        assetKeys: [id],
      },
    ];
  });
  const inline = [
    member(chunk, 'inlineFile'),
    member(chunk, 'inlineImage'),
    member(chunk, 'inlineData'),
    member(chunk, 'inlineAudio'),
  ];
  const held = inline.flatMap((file) => {
    const data = asText(member(file, 'data'));
    const mediaType = asText(member(file, 'mimeType')) ?? 'application/octet-stream';
    return data === null
      ? []
      : (readBase64(data, mediaType, asText(member(file, 'name')) ?? 'file') ?? []);
  });
  return [...linked, ...held];
}
