import type { ReadItem } from '#domain/imported.ts';
import { CHATGPT_ASSET_COMPANIONS } from './chatgpt-assets.ts';
import { CHATGPT_FEEDBACK, withChatgptFeedback } from './chatgpt-feedback.ts';
import { readChatgptTree } from './chatgpt-tree.ts';
import { finishConversation } from './finish-conversation.ts';
import type { JsonFormat, JsonSample, ReadContext } from './format.ts';
import { onlySaid, readDate } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import { asArchived, asArray, asFlag, asId, asText, isObject, member } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** ChatGPT's `conversations.json`, one conversation of it, and the shards of 2026 (FORMATS 2.1). */
export const chatgpt: JsonFormat = {
  kind: 'json',
  id: 'chatgpt',
  source: 'chatgpt',
  unit: 'elements',
  elementKeys: ['conversations'],
  companions: [...CHATGPT_ASSET_COMPANIONS, CHATGPT_FEEDBACK],
  ignored: [
    /^(user|user_settings|shared_conversations|model_comparisons)\.json$/,
    /^(shopping|sora|export_manifest|tasks|apps_and_connectors)\.json$/,
    /^(chat|report)\.html$/,
  ],
  matches: isChatgpt,
  *read(value, context) {
    yield readConversation(value, context);
  },
};

function isChatgpt(sample: JsonSample): boolean {
  const wrapped = sample.isArray ? [] : asArray(member(sample.first, 'conversations'));
  const candidates = [sample.first, sample.second, ...wrapped].filter(isObject);
  if (candidates.some((value) => Object.hasOwn(value, 'inserted_at'))) return false;
  if (candidates.some((value) => Object.hasOwn(value, 'mapping') || 'current_node' in value)) {
    return true;
  }
  const isShard = sample.isArray && /^conversations-\d+\.json$/.test(sample.name);
  return isShard && candidates.every((value) => Object.hasOwn(value, 'create_time'));
}

function readConversation(value: unknown, context: ReadContext): ReadItem {
  if (!isObject(value)) return skipped('not_an_object', null);
  const title = asText(value['title']);
  const sourceId = asId(value['conversation_id']) ?? asId(value['id']);
  const mapping = value['mapping'];
  if (!isObject(mapping)) return skipped('no_messages_field', title ?? sourceId);
  const notes: NoteSet = new Set();
  const tree = readChatgptTree(mapping, notes, context);
  const current = asText(value['current_node']);
  return finishConversation({
    fields: {
      source: 'chatgpt',
      title,
      createdAt: readDate(notes, value['create_time']),
      updatedAt: readDate(notes, value['update_time']),
      status: asArchived(value['is_archived']),
      isPinned: isPinned(value),
      chatModel: readModel(value['default_model_slug']) ?? readModel(value['model_slug']),
      metadata: readDetails(value),
    },
    sourceId,
    messages: tree.messages.map((message) => withChatgptFeedback(message, context)),
    // A current node above all kept messages names none of them: then it is as good as dangling.
    leaf: current === null ? null : (tree.keptIdOf(current) ?? current),
    notes,
  });
}

/** `auto` is the choice to leave the model to ChatGPT. */
function readModel(slug: unknown): string | null {
  return slug === 'auto' ? null : asText(slug);
}

/** A star that is null says nothing; a time of pinning that is null says that it is not pinned. */
function isPinned(value: JsonObject): boolean | null {
  const pinnedTime = value['pinned_time'];
  const hasTime = typeof pinnedTime === 'number' ? pinnedTime > 0 : asText(pinnedTime) !== null;
  return asFlag(value['is_starred'], pinnedTime === undefined ? undefined : hasTime);
}

const DETAILS = [
  'gizmo_id',
  'gizmo_type',
  'voice',
  'memory_scope',
  'is_do_not_remember',
  'is_temporary_chat',
  'is_read_only',
  'is_study_mode',
  'conversation_origin',
  'conversation_template_id',
  'plugin_ids',
] as const;

function readDetails(value: JsonObject): Readonly<Record<string, unknown>> {
  return onlySaid(Object.fromEntries(DETAILS.map((key) => [key, value[key]])));
}
