/** Rows of the tables as units of the index. */
import type { Conversation } from '#domain/conversation.ts';
import { foldText } from '#domain/fold-text.ts';
import type { Message } from '#domain/message.ts';
import type { DocumentChunk, LibraryDocument } from '#domain/stored-rows.ts';
import type { Group, Unit } from './unit-table.ts';

/** A unit and its folded text. */
export interface UnitText {
  readonly unit: Unit;
  readonly text: string;
}

/** Between the fields of one message: no query holds it, so that no place lies over a border. */
const FIELD_BORDER = '\ufffe';

export function conversationToGroup(conversation: Conversation): Group {
  const { id, title, status, source, tags, pinned, createdAt, updatedAt } = conversation;
  return {
    kind: 'conversation',
    id,
    title: title ?? '',
    status,
    source,
    tags,
    isPinned: pinned === 1,
    createdAt,
    updatedAt,
  };
}

export function documentToGroup({ id, name, createdAt, updatedAt }: LibraryDocument): Group {
  return {
    kind: 'document',
    id,
    title: name,
    status: 'active',
    source: 'library',
    tags: [],
    isPinned: false,
    createdAt,
    updatedAt,
  };
}

/** The title of a group; undefined where it has none. */
export function titleText({ id, title, updatedAt }: Group): UnitText | undefined {
  if (title === '') return undefined;
  const unit: Unit = {
    kind: 'title',
    id,
    groupId: id,
    role: 'user',
    hasAttachment: false,
    timestamp: updatedAt,
    model: null,
  };
  return { unit, text: foldText(title) };
}

/** What is found of a message. One row that is damaged must not keep all others from being found. */
export interface MessageFields {
  readonly content: string;
  readonly feedback: string;
  readonly attachmentNames: readonly string[];
}

export function messageFields({ content, feedback, attachments }: Message): MessageFields {
  const all: readonly unknown[] = Array.isArray(attachments) ? attachments : [];
  const nameOf = (attachment: unknown): unknown =>
    typeof attachment === 'object' && attachment !== null && 'name' in attachment
      ? attachment.name
      : undefined;
  return {
    content: textOf(content),
    feedback: textOf(feedback),
    attachmentNames: all.map((attachment) => textOf(nameOf(attachment))),
  };
}

export function messageText(message: Message): UnitText {
  const { id, conversationId, role, timestamp, modelUsed } = message;
  const { content, feedback, attachmentNames } = messageFields(message);
  const fields = [content, feedback, ...attachmentNames];
  const unit: Unit = {
    kind: 'message',
    id,
    groupId: conversationId,
    role,
    hasAttachment: attachmentNames.length > 0,
    timestamp,
    model: modelUsed,
  };
  const filled = fields.filter((field, index) => index === 0 || field !== '');
  return { unit, text: filled.map(foldText).join(FIELD_BORDER) };
}

export function passageText({ id, documentId, text }: DocumentChunk, timestamp: number): UnitText {
  const unit: Unit = {
    kind: 'passage',
    id,
    groupId: documentId,
    role: 'user',
    hasAttachment: false,
    timestamp,
    model: null,
  };
  return { unit, text: foldText(text) };
}

const textOf = (field: unknown): string => (typeof field === 'string' ? field : '');
