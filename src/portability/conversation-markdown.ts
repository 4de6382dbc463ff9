import type { FileObject } from '#domain/file-object.ts';
import { toIsoInstant } from '#domain/instants.ts';
import type { Message, Role } from '#domain/message.ts';
import {
  CONVERSATION_FORMAT_VERSION,
  splitBranches,
  writeConversationFields,
  writeMessageFields,
} from './conversation-fields.ts';
import type { WholeConversation } from './conversation-fields.ts';
import { onOneLine, toStorableText } from './storable-text.ts';

export interface ConversationMarkdownOptions {
  readonly appVersion: string;
  /** Gives another six characters of `a`-`z` and `0`-`9` on every call. */
  readonly createNonce: () => string;
}

/** Headings of the specification's layout: English, whatever language the screen speaks. */
export const ROLE_HEADINGS: Readonly<Record<Role, string>> = {
  user: 'User',
  assistant: 'Assistant',
  system: 'System',
  function: 'Function',
  tool: 'Tool',
};

/**
 * A conversation as the Markdown of FORMATS 3.3, in pieces: the specification's layout for a person,
 * HTML comments for our reader, who gets everything back from them. The shown branch comes first,
 * other messages after it. U+0000 and lone surrogates, which no UTF-8 text holds, become U+FFFD.
 */
export function* writeConversationMarkdown(
  whole: WholeConversation,
  { appVersion, createNonce }: ConversationMarkdownOptions,
): Generator<string> {
  const { conversation } = whole;
  const split = splitBranches(whole);
  const { path, branches } = split;
  const head = escapeMarker(
    conversationMarker(writeConversationFields(conversation, split, appVersion)),
  );
  const title = onOneLine(conversation.title ?? '') || 'Conversation';
  const messages = [...path, ...branches].map(toMarkedMessage);
  const nonce = chooseNonce(createNonce, [head, title, ...messages.flatMap(textsOf)]);
  const mark = (text: string): string => `<!-- onggi:${nonce} ${text} -->\n`;

  yield `${mark(`conversation ${head}`)}# ${title}\n\n`;
  yield `**Date**: ${toIsoInstant(conversation.createdAt)}\n\n`;
  for (const message of messages) yield* writeMessage(message, mark);
  yield mark(`eof {"messages":${messages.length}}`);
}

function conversationMarker(fields: FileObject): FileObject {
  const { messages, branch_messages, format, format_version, ...rest } = fields;
  return { format_version: CONVERSATION_FORMAT_VERSION, ...rest };
}

interface MarkedMessage {
  readonly marker: string;
  readonly heading: string;
  readonly reasoning: string | null;
  readonly content: string;
  readonly attachments: string;
  readonly timestamp: string;
}

function toMarkedMessage(message: Message): MarkedMessage {
  const content = toStorableText(message.content);
  const reasoning = message.reasoning === null ? null : toStorableText(message.reasoning);
  const { content: _content, reasoning: _reasoning, ...fields } = writeMessageFields(message);
  const lengths = {
    length: content.length,
    ...(reasoning === null ? {} : { reasoning_length: reasoning.length }),
  };
  return {
    marker: escapeMarker({ ...fields, ...lengths }),
    heading: ROLE_HEADINGS[message.role],
    reasoning,
    content,
    attachments: message.attachments
      .map(({ name, sizeBytes }) => `- ${onOneLine(name)} (${sizeBytes} bytes)\n`)
      .join(''),
    timestamp: toIsoInstant(message.timestamp),
  };
}

const textsOf = ({ marker, reasoning, content, attachments }: MarkedMessage): readonly string[] => [
  marker,
  reasoning ?? '',
  content,
  attachments,
];

function* writeMessage(message: MarkedMessage, mark: (text: string) => string): Generator<string> {
  const { marker, heading, reasoning, content, attachments, timestamp } = message;
  yield `${mark(`message ${marker}`)}## ${heading}\n\n`;
  if (reasoning !== null) {
    yield `<details>\n<summary>Reasoning</summary>\n\n${mark('reasoning')}`;
    yield reasoning;
    yield `\n${mark('end')}\n</details>\n\n`;
  }
  yield mark('content');
  yield content;
  yield `\n${mark('end')}\n`;
  if (attachments !== '') yield `${attachments}\n`;
  yield `*${timestamp}*\n\n`;
}

/**
 * JSON on one line that no HTML comment can end in: `<`, `>`, `&` and every `-` after a `-` are
 * escaped.
 */
function escapeMarker(fields: FileObject): string {
  return JSON.stringify(fields).replace(
    /[<>&]|(?<=-)-/g,
    (character) => `\\u00${character.charCodeAt(0).toString(16)}`,
  );
}

/** A nonce whose marker occurs in none of the texts, so that nothing said can look like a marker. */
function chooseNonce(createNonce: () => string, texts: readonly string[]): string {
  for (;;) {
    const nonce = createNonce();
    if (!texts.some((text) => text.includes(`onggi:${nonce}`))) return nonce;
  }
}

/** Six random characters of `a`-`z` and `0`-`9`. */
export function createRandomNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(6));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join('');
}
