import { activePath } from '#domain/message-tree.ts';
import type { Message, Role } from '#domain/message.ts';
import type { WholeConversation } from './conversation-fields.ts';
import { ROLE_HEADINGS } from './conversation-markdown.ts';
import { onOneLine, toStorableText } from './storable-text.ts';

/** A message as Markdown for the clipboard: its text as it was written, without reasoning. */
export function messageToMarkdown({ content }: Message): string {
  return toStorableText(content);
}

/**
 * The shown branch of a conversation as plain Markdown for the clipboard, without the marks of the
 * exported file: what it holds for a person, not for a reader.
 * @param roleNames Headings in the person's language.
 */
export function conversationToMarkdown(
  { conversation, messages }: WholeConversation,
  roleNames: Readonly<Record<Role, string>> = ROLE_HEADINGS,
): string {
  const title = onOneLine(conversation.title ?? '');
  const sections = activePath(messages, conversation.activeLeafId)
    .map(({ message }) => message)
    .filter(({ content, metadata }) => content !== '' && metadata['hidden'] !== true)
    .map((message) => `## ${roleNames[message.role]}\n\n${messageToMarkdown(message)}\n`);
  return [...(title === '' ? [] : [`# ${title}\n`]), ...sections].join('\n');
}
