import type { Conversation } from '#domain/conversation.ts';
import { readEarlierOf } from '#domain/earlier-version.ts';
import type { ConversationId } from '#domain/ids.ts';
import { toImportChange } from '#domain/import-changes.ts';
import type { Message } from '#domain/message.ts';
import type { ImportRun } from '#domain/stored-rows.ts';
import type { ImportLog } from './import-log.ts';

interface Update {
  readonly conversation: Conversation;
  readonly added: readonly Message[];
  readonly changed: readonly Message[];
}

/** What an import writes down of a conversation that it changes, so that it can be undone. */
export interface NotedUpdate {
  /** For the transaction; undefined where this very import made the conversation, which goes as a whole. */
  toPart(update: Update, stored: Conversation, messages: readonly Message[]): ImportRun | undefined;
  /** To be called when the transaction is through. */
  done(): void;
}

/** Notes the update of a conversation that is here. */
export function noteUpdate(log: ImportLog, id: ConversationId): NotedUpdate {
  let noted: ImportRun | undefined;
  return {
    toPart({ conversation, added, changed }, stored, messages) {
      if (log.createdIds.has(id)) return undefined;
      // What it added itself goes too.
      const own = new Set(log.addedIds.get(id));
      const here = messages.filter((message) => !own.has(message.id));
      const before = new Map(here.map((message) => [message.id, message]));
      const earlier = added.filter((message) => readEarlierOf(message) !== undefined);
      const changes = [
        toImportChange('conversations', stored, conversation),
        ...changed.map((after) => {
          const was = before.get(after.id);
          const kept = was && earlier.find((message) => isEarlierOf(message, was));
          return was && toImportChange('messages', was, after, kept?.id);
        }),
      ].flatMap((change) => change ?? []);
      const ids = added.map((message) => message.id);
      noted = log.toPart({ addedIds: ids.length > 0 ? { [id]: ids } : {}, changes });
      return noted;
    },
    done() {
      if (!noted) return;
      const added = noted.addedIds[id] ?? [];
      if (added.length > 0) log.addAdded(id, added);
    },
  };
}

/** Whether a row keeps what another said, as an earlier version of it. */
function isEarlierOf(earlier: Message, { metadata, content }: Message): boolean {
  return readEarlierOf(earlier) === metadata['source_id'] && earlier.content === content;
}
