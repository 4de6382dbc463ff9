import type { Message } from '#domain/message.ts';
import type { App } from '#state/app.svelte.ts';
import type { OpenConversation } from '#state/open-conversation.svelte.ts';

/** Takes a message and what follows it away and offers the way back. */
export async function removeMessage(
  app: App,
  open: OpenConversation,
  message: Message,
): Promise<void> {
  const undo = await open.removeFrom(message);
  if (!undo) return;
  app.parts.toasts.show('message.removed', {
    action: { key: 'common.undo', run: () => void undo() },
  });
}
