/** One message of llama.cpp's page, with its files and figures. */
import type { ImportedAttachment, ImportNote } from '#domain/imported.ts';
import { readDate } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import { parseNestedJson } from './parse-nested-json.ts';
import {
  joinReasoning,
  readBase64,
  readContent,
  readDataUrl,
  splitThinking,
} from './read-content.ts';
import { readUsage } from './read-usage.ts';
import { asCount, asId, asNumber, asText, member, objectsOf, readRole } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** The message; a root row has no words and is left out when the conversation is built. */
export function readLlamaMessage(row: JsonObject, notes: Set<ImportNote>): MessageDraft {
  const isRoot = member(row, 'type') === 'root';
  const { role, sourceRole, isKnown } = readRole(member(row, 'role'));
  if (!isKnown && !isRoot) notes.add('role_unknown');
  const read = readContent(member(row, 'content'), notes);
  const isAnswer = role === 'assistant';
  const thinking = isAnswer ? splitThinking(read.content) : null;
  const timings = member(row, 'timings');
  const toolCallId = asText(member(row, 'toolCallId'));
  return {
    role,
    content: isRoot ? '' : (thinking?.content ?? read.content),
    reasoning: joinReasoning(
      asText(member(row, 'thinking')) ?? asText(member(row, 'reasoningContent')),
      read.reasoning,
      thinking?.reasoning ?? null,
    ),
    parts: [...read.parts, ...readToolCalls(member(row, 'toolCalls'), notes)],
    attachments: [
      ...read.attachments,
      ...objectsOf(member(row, 'extra'), notes).map((extra) => readExtra(extra, notes)),
    ],
    sourceId: asId(member(row, 'id')) ?? '',
    parentSourceId: asId(member(row, 'parent')),
    timestamp: readDate(member(row, 'timestamp'), notes),
    ...(isAnswer ? readUsage(timings) : {}),
    responseTimeMs: isAnswer ? readDuration(timings) : null,
    modelUsed: isAnswer ? asText(member(row, 'model')) : null,
    metadata: {
      ...(sourceRole === null ? {} : { source_role: sourceRole }),
      ...(toolCallId === null ? {} : { tool_call_id: toolCallId }),
    },
  };
}

/** A list in lines, the same list as text in the older JSON. */
function readToolCalls(value: unknown, notes: Set<ImportNote>): readonly unknown[] {
  const list = typeof value === 'string' ? parseNestedJson(value) : value;
  return objectsOf(list, notes);
}

/** Reading the prompt and writing the answer together. */
function readDuration(timings: unknown): number | null {
  const prompt = asNumber(member(timings, 'prompt_ms'));
  const predicted = asNumber(member(timings, 'predicted_ms'));
  if (predicted === null) return null;
  return asCount(Math.max(0, predicted + (prompt ?? 0)));
}

function readExtra(extra: JsonObject, notes: Set<ImportNote>): ImportedAttachment {
  const type = asText(member(extra, 'type'))?.toLowerCase() ?? '';
  const name = asText(member(extra, 'name')) ?? (type === '' ? 'file' : type);
  const url = asText(member(extra, 'base64Url'));
  const data = asText(member(extra, 'base64Data'));
  const text = asText(member(extra, 'content'));
  const mediaType =
    asText(member(extra, 'mimeType')) ?? (type.startsWith('pdf') ? 'application/pdf' : null);
  const inline =
    url !== null
      ? readDataUrl(url, name)
      : data !== null
        ? readBase64(data, mediaType ?? 'application/octet-stream', name)
        : null;
  if (!inline && text === null) notes.add('asset_missing');
  return {
    ...(inline ?? { name, mediaType, sizeBytes: asCount(member(extra, 'size')), assetKeys: [] }),
    ...(text === null ? {} : { text }),
  };
}
