import type { Conversation, ConversationStatus } from '#domain/conversation.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { App } from '#state/app.svelte.ts';
import type { MessageKey } from '#state/translator.svelte.ts';
import { copyText } from '#ui/parts/copy-text.ts';

const DONE: Record<ConversationStatus, MessageKey> = {
  active: 'list.restored',
  archived: 'list.archived',
  deleted: 'list.trashed',
};

/**
 * Moves conversations to another status and offers the way back; where the storage failed in the middle, for those
 * that were moved, and says how many were not.
 */
export async function moveWithUndo(
  app: App,
  conversations: readonly Conversation[],
  status: ConversationStatus,
): Promise<void> {
  const { conversations: list, toasts } = app.parts;
  const ids = conversations.map(({ id }) => id);
  const before = conversations[0]?.status ?? 'active';
  if (status === 'deleted') app.parts.answers.stopIn(ids);
  // At once: a second click is to find nothing selected.
  list.stopSelecting();
  const moved = await list.setStatus(ids, status);
  if (moved.length === 0) return;
  const isOpenGone = status === 'deleted' && app.open.id !== null && moved.includes(app.open.id);
  const openId = app.open.id;
  if (isOpenGone) app.newChat();
  const rest = ids.length - moved.length;
  toasts.show(rest === 0 ? DONE[status] : 'list.movedInPart', {
    values: rest === 0 ? { count: moved.length } : { moved: moved.length, count: rest },
    action: {
      key: 'common.undo',
      run: () => {
        void list.setStatus(moved, before);
        if (isOpenGone && openId) app.openConversation(openId);
      },
    },
  });
}

/** Moves conversations to the trash; those of this page only are forgotten after a question. */
export async function removeWithUndo(
  app: App,
  conversations: readonly Conversation[],
): Promise<void> {
  const isInMemory = (conversation: Conversation): boolean =>
    app.inMemory.some(({ id }) => id === conversation.id);
  const [first] = conversations;
  if (first && isInMemory(first)) {
    const isConfirmed = await app.parts.dialogs.confirm({
      title: 'list.forgetTitle',
      body: 'list.forgetBody',
      confirm: 'list.forget',
      tone: 'danger',
    });
    if (isConfirmed) app.forget(first.id);
    return;
  }
  await moveWithUndo(app, conversations, 'deleted');
}

/** Deletes for good what is in the trash, after a question that says how much that is. */
export async function purge(app: App, conversations: readonly Conversation[]): Promise<void> {
  const { conversations: list, dialogs, toasts } = app.parts;
  const isConfirmed = await dialogs.confirm({
    title: 'list.purgeTitle',
    body: 'list.purgeBody',
    values: {
      count: conversations.length,
      messages: conversations.reduce((sum, { messageCount }) => sum + messageCount, 0),
    },
    confirm: 'list.purge',
    tone: 'danger',
  });
  if (!isConfirmed) return;
  const ids = conversations.map(({ id }) => id);
  list.stopSelecting();
  if (app.open.id && ids.includes(app.open.id)) app.newChat();
  if (await list.purge(ids)) toasts.show('list.purged', { values: { count: ids.length } });
}

/** Copies the shown branch of a conversation as Markdown. */
export async function copyAsMarkdown(app: App, id: ConversationId): Promise<void> {
  const text = await app.parts.exports.toMarkdown(id);
  if (text !== undefined && (await copyText(app, text))) app.parts.toasts.show('common.copied');
}
