import { createImportedConversation, createImportedMessage } from '#domain/imported.ts';
import type { ImportedConversation } from '#domain/imported.ts';

/** A conversation of an export: turns by id and parent, asked and answered by turns. */
export function imported(
  ids: readonly (readonly [id: string, parent: string | null, content?: string])[],
  more: Partial<ImportedConversation> = {},
): ImportedConversation {
  return createImportedConversation({
    source: 'chatgpt',
    sourceId: 'c',
    title: 'Title',
    createdAt: 1000,
    messages: ids.map(([sourceId, parentSourceId, content = sourceId], index) =>
      createImportedMessage({
        sourceId,
        parentSourceId,
        role: index % 2 === 0 ? 'user' : 'assistant',
        content,
        timestamp: 1000 + index,
        tokenCount: 2,
      }),
    ),
    ...more,
  });
}
