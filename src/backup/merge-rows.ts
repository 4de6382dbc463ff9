/** Which of two rows a merge keeps: pure decisions, one row at a time. */
import { MESSAGE_COLUMNS, writeConversation, writeMessage } from '#domain/file-rows.ts';
import { lastChangeOfConversation } from '#domain/conversation.ts';
import type { Conversation } from '#domain/conversation.ts';
import { isLaterCopy } from '#domain/message.ts';
import { withRequestsOf } from '#domain/message-requests.ts';
import type { EndpointId } from '#domain/ids.ts';
import type { Message } from '#domain/message.ts';
import { withPassingUsageOf } from '#domain/passing-usage.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import type { ReadMessage } from './read-rows.ts';

/** What happens with a row of the file; `undefined` keeps the one here. */
export type Merged<Row> = Row | undefined;

/** Whether two rows say the same in a file. */
function isSame(left: unknown, right: unknown): boolean {
  return JSON.stringify(left) === JSON.stringify(right);
}

/** Whether the conversation of the file was changed after the one here, in whatever way. */
export function isNewerConversation(here: Conversation, file: Conversation): boolean {
  return lastChangeOfConversation(file) > lastChangeOfConversation(here);
}

/**
 * The newer of two conversations, if it is another. Counters and links are computed afterwards.
 * @param seedKeys For a row of the specification's: what it says. All else of the one here stays.
 */
export function mergeConversation(
  here: Conversation,
  file: Conversation,
  seedKeys?: readonly string[],
): Merged<Conversation> {
  if (!isNewerConversation(here, file)) {
    const counted = withPassingUsageOf(here, file);
    return counted === here ? undefined : counted;
  }
  const row = seedKeys ? withSeedFields(here, file, seedKeys) : file;
  const lastSeq = Math.max(here.lastSeq, file.lastSeq);
  const next = withPassingUsageOf({ ...row, lastSeq }, here);
  return isSame(writeConversation(here), writeConversation(next)) ? undefined : next;
}

function withSeedFields(
  here: Conversation,
  file: Conversation,
  seedKeys: readonly string[],
): Conversation {
  const said = Object.entries(file).filter(([key]) => seedKeys.includes(key));
  const next: Conversation = { ...here, ...Object.fromEntries(said), updatedAt: file.updatedAt };
  return {
    ...next,
    titleOrigin: next.title === here.title ? here.titleOrigin : file.titleOrigin,
    deletedAt: next.status === here.status ? here.deletedAt : file.deletedAt,
    // Unknown there: the end of the conversation is shown, with what the file adds to it.
    activeLeafId: file.activeLeafId,
  };
}

/** Settings of a file that says nothing of what onggi adds to them: that stays as it is here. */
export function withExtrasOf(here: UserSettings, file: UserSettings): UserSettings {
  const { defaultEndpointId, useCache, prices } = here;
  return { ...file, defaultEndpointId, useCache, ...(prices ? { prices } : {}) };
}

/**
 * The later settings; those that nobody changed since the first start give way to any. Which model is asked
 * is taken from the other side where the later knows none, unless it was cleared here since the file was
 * written; and from the file only with a connection that is there.
 * @param isConnected Whether the connection is among those of both.
 */
export function mergeSettings(
  here: UserSettings,
  file: UserSettings,
  isConnected: (id: EndpointId) => boolean,
): Merged<UserSettings> {
  const isUntouched = here.updatedAt === here.createdAt;
  const later = isUntouched || file.updatedAt > here.updatedAt ? file : here;
  const isCleared = later === here && (here.modelClearedAt ?? -Infinity) >= file.updatedAt;
  const isAsked = (row: UserSettings): boolean => {
    const { defaultEndpointId: id } = row;
    return id !== null && (row === here || (!isCleared && isConnected(id)));
  };
  const asked = (later === here ? [here, file] : [file, here]).find(isAsked);
  const unconnected = later.defaultEndpointId === null ? later : NO_MODEL;
  const { defaultEndpointId, defaultModel } = asked ?? unconnected;
  const merged = { ...later, defaultEndpointId, defaultModel };
  const byName = (row: UserSettings) => Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
  return isSame(byName(here), byName(merged)) ? undefined : merged;
}

const NO_MODEL = { defaultEndpointId: null, defaultModel: null } as const;

/** What is of this device and in no file stays: which model finds by meaning, and so where texts go. */
export function withMeaningOf(here: UserSettings, file: UserSettings): UserSettings {
  return here.meaning ? { ...file, meaning: here.meaning } : file;
}

/** Fields of a message that the specification's rows have; the others of theirs are only filled in. */
const SEED_KEYS = MESSAGE_COLUMNS.map(({ key }) => key);

/**
 * The newer of two messages ({@link isLaterCopy}), if it is another. A row of the specification's changes
 * only its columns: what onggi knows beyond them, and its place in the tree, stay.
 */
export function mergeMessage(
  here: Message,
  { row, hasSeq, hasParent }: ReadMessage,
  isOfNewerConversation: boolean,
): Merged<Message> {
  // The same id in another conversation is another message: the one here stays.
  if (row.conversationId !== here.conversationId) return undefined;
  if (!isLaterCopy(row, here, isOfNewerConversation)) {
    const counted = withRequestsOf(here, row);
    return counted === here ? undefined : counted;
  }
  const next = withRequestsOf(hasSeq && hasParent ? row : withSeedColumns(here, row), here);
  return isSame(writeMessage(here), writeMessage(next)) ? undefined : next;
}

function withSeedColumns(here: Message, row: Message): Message {
  const columns = Object.entries(row).filter(([key]) => SEED_KEYS.includes(key));
  return { ...here, ...Object.fromEntries(columns) };
}

/** The later of two rows, if it differs. */
export function mergeByTime<Row>(here: Row, file: Row, timeOf: (row: Row) => number): Merged<Row> {
  if (timeOf(file) <= timeOf(here)) return undefined;
  return isSame(here, file) ? undefined : file;
}
