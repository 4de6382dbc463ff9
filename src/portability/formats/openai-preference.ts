/**
 * OpenAI's preference data, `{ input, preferred_output, non_preferred_output }` a line: two answers to
 * one question, which become siblings.
 */
import { deriveSourceId } from '#domain/imported.ts';
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { readOfferedTools } from './openai-jsonl.ts';
import { readOpenAiMessages } from './openai-message.ts';
import { asId, isObject, member } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Reads preference lines; the preferred answer is the shown one. */
export const openAiPreferenceFormat: JsonFormat = {
  kind: 'json',
  id: 'openai-preference',
  source: 'openai-jsonl',
  unit: 'elements',
  matches: ({ first }) =>
    Array.isArray(member(member(first, 'input'), 'messages')) &&
    Array.isArray(member(first, 'preferred_output')),
  *read(value) {
    yield isObject(value) ? readPreference(value) : skipped('not_an_object', null);
  },
};

function readPreference(value: JsonObject): ReadItem {
  const notes = new Set<ImportNote>();
  const input = member(value, 'input');
  const asked = linkChain(readOpenAiMessages(member(input, 'messages'), notes), null, 'input');
  const end = asked.at(-1)?.sourceId ?? null;
  const good = linkChain(readOpenAiMessages(member(value, 'preferred_output'), notes), end, 'good');
  const bad = linkChain(
    readOpenAiMessages(member(value, 'non_preferred_output'), notes),
    end,
    'bad',
  );
  return buildConversation({
    source: 'openai-jsonl',
    sourceId: asId(member(value, 'id')),
    isExample: true,
    metadata: readOfferedTools(input),
    messages: [
      ...asked,
      ...good,
      ...bad.map((draft) => ({
        ...draft,
        metadata: { ...draft.metadata, non_preferred: true },
      })),
    ],
    activeLeafSourceId: good.at(-1)?.sourceId ?? null,
    shape: 'tree',
    notes,
  });
}

/** The drafts one after the other below `parent`, with derived ids. */
function linkChain(
  drafts: readonly MessageDraft[],
  parent: string | null,
  place: string,
): readonly (MessageDraft & { readonly sourceId: string })[] {
  let parentSourceId = parent;
  return drafts.map((draft, position) => {
    const sourceId = deriveSourceId(
      'openai-jsonl',
      place,
      draft.role,
      draft.content,
      position,
      parentSourceId,
    );
    const linked = { ...draft, sourceId, isSourceIdDerived: true, parentSourceId };
    parentSourceId = sourceId;
    return linked;
  });
}
