/**
 * SillyTavern: JSON lines, a header and then one message a line. Swipes are answers that were tried in
 * the same place: siblings, of which `swipe_id` names the one the talk goes on from.
 */
import { deriveSourceId } from '#domain/imported.ts';
import type { ImportNote } from '#domain/imported.ts';
import { buildConversation } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { asArray, asText, isObject, member, takeObject } from './read-value.ts';
import { readSillyDate, readSillyMessage } from './sillytavern-message.ts';
import { skipped } from './skipped.ts';

/** Reads one chat file. */
export const sillyTavernFormat: JsonFormat = {
  kind: 'json',
  id: 'sillytavern',
  source: 'sillytavern',
  unit: 'whole',
  matches: ({ isLines, first, second }) =>
    isLines &&
    ((member(first, 'user_name') !== undefined && member(first, 'character_name') !== undefined) ||
      (isObject(member(first, 'chat_metadata')) && member(second, 'mes') !== undefined) ||
      // Chats of groups had no header for long.
      [first, second].every((line) => isLine(line))),
  *read(value, { fileName }) {
    const lines = asArray(value);
    const isHeaded = member(lines[0], 'mes') === undefined;
    const header = isHeaded ? lines[0] : undefined;
    const character = nameOf(member(header, 'character_name'));
    const name = (fileName.split(/[\\/]/).pop() ?? fileName).replace(/\.jsonl?$/i, '');
    const notes = new Set<ImportNote>();
    const { messages, leaf } = readLines(isHeaded ? lines.slice(1) : lines, notes);
    if (messages.length === 0) {
      yield skipped('empty_conversation', character ?? name);
      return;
    }
    const createdAt = readSillyDate(member(header, 'create_date'), notes);
    const integrity = asText(member(member(header, 'chat_metadata'), 'integrity'));
    const note = asText(member(member(header, 'chat_metadata'), 'note_prompt'));
    yield buildConversation({
      source: 'sillytavern',
      sourceId: integrity ?? deriveSourceId('sillytavern', character, createdAt, name),
      isSourceIdDerived: integrity === null,
      title: asText(name) ?? character,
      createdAt,
      tags: character === null ? null : [character],
      metadata: note === null ? {} : { author_note: note },
      messages,
      activeLeafSourceId: leaf,
      shape: 'tree',
      notes,
    });
  },
};

function isLine(line: unknown): boolean {
  const { mes, is_user: isUser, name } = isObject(line) ? line : {};
  return typeof mes === 'string' && typeof isUser === 'boolean' && typeof name === 'string';
}

/** Newer headers say `unused` where a name stood. */
function nameOf(value: unknown): string | null {
  const name = asText(value);
  return name === 'unused' ? null : name;
}

function readLines(
  lines: readonly unknown[],
  notes: Set<ImportNote>,
): { messages: readonly MessageDraft[]; leaf: string | null } {
  const messages: MessageDraft[] = [];
  let leaf: string | null = null;
  for (const [position, each] of lines.entries()) {
    const line = takeObject(each, notes);
    if (!line) continue;
    const swipes = readSillyMessage(line, position, leaf, notes);
    for (const { draft } of swipes) messages.push(draft);
    leaf = swipes.find(({ isShown }) => isShown)?.draft.sourceId ?? leaf;
  }
  return { messages, leaf };
}
