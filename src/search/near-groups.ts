import { readConversations } from '#db/conversation-ids.ts';
import { readRange } from '#db/thread-reads.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import type { Conversation } from '#domain/conversation.ts';
import { toConversationId } from '#domain/ids.ts';
import type { ConversationId } from '#domain/ids.ts';
import { fenceAt, markdownToLine, plainToLine } from '#domain/readable-text.ts';
import type { FoundPlace, NearGroup } from '#domain/search.ts';
import type { NearOwner } from './nearest-owners.ts';

/** The last `seq` at which the opening of a conversation is looked for. */
const OPENING_LAST = 4;
/** How much of a message is read for a line, in UTF-16 units. */
const OPENING_UNITS = 400;

/**
 * Conversations as results, with the passage that matched. Left out is what is in the trash or gone.
 */
export async function toNearGroups(
  db: OnggiDatabase,
  near: readonly NearOwner[],
): Promise<readonly NearGroup[]> {
  const ids = near.map(({ ownerId }) => toConversationId(ownerId));
  const rows = await readConversations(db, ids);
  const byId = new Map<string, Conversation>(rows.map((row) => [row.id, row]));
  const groups = near.map(async (owner) => {
    const conversation = byId.get(owner.ownerId);
    if (!conversation || conversation.status === 'deleted') return [];
    return [await toGroup(db, conversation, owner)];
  });
  return (await Promise.all(groups)).flat();
}

async function toGroup(
  db: OnggiDatabase,
  conversation: Conversation,
  owner: NearOwner,
): Promise<NearGroup> {
  const { id, title, status, source, tags, updatedAt } = conversation;
  return {
    kind: 'conversation',
    id,
    title: { text: title ?? '', marks: [] },
    status,
    source,
    tags,
    updatedAt,
    placeCount: 1,
    places: [await toPlace(db, conversation, owner)],
    foundBy: ['meaning'],
    cosine: owner.cosine,
  };
}

async function toPlace(
  db: OnggiDatabase,
  { id, title, summary, updatedAt }: Conversation,
  { passage: { kind, seq, start, end } }: NearOwner,
): Promise<FoundPlace> {
  const part = (text: string) => ({ text: plainToLine(text.slice(start, end)).text, marks: [] });
  const named = { id: null, field: 'title', role: null, timestamp: updatedAt } as const;
  if (kind === 'title') return { ...named, ...(await openingBelow(db, id, title ?? '')) };
  if (kind === 'summary') return { ...named, snippet: part(summary ?? '') };
  const [message] = await readRange(db.strict, id, seq, seq);
  // It was edited or removed a moment ago; the index follows.
  if (!message) return { ...named, snippet: { text: title ?? '', marks: [] } };
  const { id: messageId, role, timestamp, content } = message;
  const snippet =
    role === 'user'
      ? part(content)
      : {
          text: markdownToLine(content.slice(start, end), [], fenceAt(content, start)).text,
          marks: [],
        };
  return { id: messageId, field: 'message', role, timestamp, snippet, stretch: [start, end] };
}

/** What a title that matched stands for: the first message whose beginning says more than the title. */
async function openingBelow(db: OnggiDatabase, conversationId: ConversationId, title: string) {
  const name = plainToLine(title).text.replace(/…$/, '');
  for (const { id, role, content } of await readRange(db.strict, conversationId, 0, OPENING_LAST)) {
    const start = content.slice(0, OPENING_UNITS);
    const { text } = role === 'user' ? plainToLine(start) : markdownToLine(start);
    if (text !== '' && !text.startsWith(name)) return { id, snippet: { text, marks: [] } };
  }
  return { snippet: { text: '', marks: [] } };
}
