/** Messages of OpenAI's chat interface, as requests, data sets and other programs' files hold them. */
import type { ImportNote } from '#domain/imported.ts';
import { readDate, withoutNulls } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import { joinReasoning, readContent } from './read-content.ts';
import { asId, asNumber, asText, isObject, member, objectsOf, readRole } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** The messages of a list in their order; what is no object is left out and noted. */
export function readOpenAiMessages(
  value: unknown,
  notes: Set<ImportNote>,
): readonly MessageDraft[] {
  return objectsOf(value, notes).map((message) => readOpenAiMessage(message, notes));
}

function readOpenAiMessage(message: JsonObject, notes: Set<ImportNote>): MessageDraft {
  const { role, sourceRole, isKnown } = readRole(member(message, 'role'));
  if (!isKnown) notes.add('role_unknown');
  const read = readContent(member(message, 'content'), notes);
  const refusal = asText(member(message, 'refusal'));
  const call = member(message, 'function_call');
  return {
    role,
    content: read.content === '' ? (refusal ?? '') : read.content,
    reasoning: joinReasoning(
      asText(member(message, 'reasoning_content')) ?? asText(member(message, 'reasoning')),
      read.reasoning,
    ),
    parts: [
      ...read.parts,
      ...objectsOf(member(message, 'tool_calls') ?? member(message, 'tools'), notes),
      ...(isObject(call) ? [{ type: 'function_call', function_call: call }] : []),
    ],
    attachments: read.attachments,
    sourceId: asId(member(message, 'id')) ?? '',
    timestamp: readDate(
      member(message, 'timestamp') ?? member(message, 'created_at') ?? null,
      notes,
    ),
    modelUsed: role === 'assistant' ? asText(member(message, 'model')) : null,
    metadata: withoutNulls({
      source_role: sourceRole,
      name: asText(member(message, 'name')),
      tool_call_id: asText(member(message, 'tool_call_id')),
      weight: asNumber(member(message, 'weight')),
    }),
  };
}
