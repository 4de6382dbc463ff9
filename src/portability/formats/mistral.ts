import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedAttachment, ImportedMessage, ReadItem } from '#domain/imported.ts';
import { titleFromMessage } from '#domain/title.ts';
import { joinParagraphs } from './compose-markdown.ts';
import { finishConversation } from './finish-conversation.ts';
import type { JsonFormat } from './format.ts';
import { createAttachment, mediaTypeOfDataUrl, readAttachment } from './read-attachment.ts';
import { readCitation } from './read-citations.ts';
import { readEach } from './read-each.ts';
import { identify, onlySaid, readDate, readSaidRole, readThumb } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asId, asText, isObject, member, objectsOf } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Mistral's Le Chat: one `chat-<uuid>.json` a conversation, a list of its messages (FORMATS 2.4). */
export const mistral: JsonFormat = {
  kind: 'json',
  id: 'mistral',
  source: 'mistral',
  unit: 'whole',
  matches: ({ first, second, isArray }) => isArray && [first, second].some(isMessage),
  *read(value, { fileName }) {
    const byChat = new Map<string | null, JsonObject[]>();
    for (const message of asArray(value)) {
      if (!isObject(message)) {
        if (message !== null) yield skipped('unreadable_element', null);
        continue;
      }
      const chatId = asId(message['chatId']);
      const list = byChat.get(chatId);
      if (list) list.push(message);
      else byChat.set(chatId, [message]);
    }
    if (byChat.size === 0) yield skipped('empty_conversation', null);
    yield* readEach(
      byChat,
      ([chatId, list]) => readChat(chatId, list, fileName),
      ([chatId]) => chatId,
    );
  },
};

function isMessage(value: unknown): boolean {
  return isObject(value) && Object.hasOwn(value, 'chatId') && Object.hasOwn(value, 'contentChunks');
}

function readChat(chatId: string | null, list: readonly JsonObject[], fileName: string): ReadItem {
  const notes: NoteSet = new Set();
  const folders = foldersOf(chatId, fileName);
  const messages = linkVersions(list, folders, notes);
  const prompt = messages.find(({ role, content }) => role === 'user' && content !== '');
  return finishConversation({
    fields: { source: 'mistral', title: titleFromMessage(prompt?.content ?? '') ?? null },
    sourceId: chatId,
    messages,
    leaf: null,
    notes,
  });
}

/** Where the files of a chat lie, best first: beside its file, under its id, which that file has in its name. */
function foldersOf(chatId: string | null, fileName: string): readonly string[] {
  const named = /(?:^|\/)(?<stem>chat-[^/]+)\.json$/i.exec(fileName)?.groups?.['stem'];
  const stems = [chatId === null ? undefined : `chat-${chatId}`, named];
  return [...new Set(stems.flatMap((stem) => (stem === undefined ? [] : `${stem}-files/`)))];
}

/** A chain; another version of the message with the same id is its sibling, and the talk goes on below it. */
function linkVersions(
  list: readonly JsonObject[],
  folders: readonly string[],
  notes: NoteSet,
): readonly ImportedMessage[] {
  const parentById = new Map<string, string | null>();
  const taken = new Set<string>();
  const messages: ImportedMessage[] = [];
  let previousId: string | null = null;
  for (const [index, value] of list.entries()) {
    const message = readMessage(value, index, folders, notes);
    const first = parentById.get(message.sourceId);
    const parent: string | null =
      first === undefined ? (asText(value['parentId']) ?? previousId) : first;
    if (first === undefined) parentById.set(message.sourceId, parent);
    const version = `${message.sourceId}:v${asId(value['version']) ?? index}`;
    const names = [message.sourceId, version, `${version}:${index}`];
    const sourceId: string = names.find((name) => !taken.has(name)) ?? message.sourceId;
    taken.add(sourceId);
    messages.push({ ...message, sourceId, parentSourceId: parent });
    previousId = sourceId;
  }
  return messages;
}

function readMessage(
  value: JsonObject,
  index: number,
  folders: readonly string[],
  notes: NoteSet,
): ImportedMessage {
  const { role, source_role } = readSaidRole(notes, value['role']);
  const chunks = objectsOf(value['contentChunks'], notes);
  const texts = chunks.map((chunk) => (chunk['type'] === 'text' ? asText(chunk['text']) : null));
  const words = texts.filter((text) => text !== null).join('');
  const content = words === '' ? readWords(value['content']) : words;
  const timestamp = readDate(notes, value['createdAt'], value['updatedAt']);
  const reaction = asText(value['reaction']);
  const others = chunks.filter((chunk) => chunk['type'] !== 'text' && !holdsImage(chunk));
  if (others.some((chunk) => !KNOWN_PARTS.has(chunk['type']) && urlOfImage(chunk) === null)) {
    notes.add('unknown_block');
  }
  return createImportedMessage({
    ...identify(notes, asId(value['id']), 'mistral', asId(value['chatId']), role, content, index),
    parentSourceId: null,
    role,
    content,
    parts: others,
    timestamp,
    modelUsed: role === 'assistant' ? asText(value['model']) : null,
    rating: readThumb(reaction),
    attachments: [
      ...chunks.flatMap((chunk) => readImage(chunk, folders)),
      ...asArray(value['files']).flatMap((file) => readFile(file, folders)),
    ],
    metadata: onlySaid({
      source_role,
      source_rating: reaction === 'neutral' ? null : reaction,
      citations: chunks.flatMap((chunk) =>
        chunk['type'] === 'reference' ? (readCitation(chunk) ?? []) : [],
      ),
    }),
  });
}

const KNOWN_PARTS = new Set<unknown>(['tool_call', 'reference', 'custom_element']);

/** The flat content is text or, in some versions, a list of chunks again. */
function readWords(content: unknown): string {
  const pieces = asArray(content).map((piece) => asText(piece) ?? asText(member(piece, 'text')));
  return asText(content) ?? joinParagraphs(pieces);
}

/** The address of an image chunk; null of one without, and of other chunks. */
function urlOfImage(chunk: JsonObject): string | null {
  if (chunk['type'] !== 'image_url') return null;
  const holder = chunk['imageUrl'] ?? chunk['image_url'] ?? chunk['url'];
  return asText(holder) ?? asText(member(holder, 'url'));
}

/** Whether the attachment says all: of a picture that lies elsewhere the chunk with its address stays. */
function holdsImage(chunk: JsonObject): boolean {
  const url = urlOfImage(chunk);
  return url !== null && !/^https?:/i.test(url);
}

function readImage(chunk: JsonObject, folders: readonly string[]): readonly ImportedAttachment[] {
  const url = urlOfImage(chunk);
  if (url === null) return [];
  if (url.startsWith('data:')) {
    const mediaType = mediaTypeOfDataUrl(url);
    const name = `image.${mediaType?.split('/')[1] ?? 'bin'}`;
    return [createAttachment({ name, mediaType, dataUrl: url })];
  }
  const name = url.split(/[?#]/)[0]?.split('/').at(-1);
  return name ? [createAttachment({ name, assetKeys: pathsOf(name, folders) })] : [];
}

function readFile(value: unknown, folders: readonly string[]): readonly ImportedAttachment[] {
  const attachment = readAttachment(value);
  if (!attachment) return [];
  const { assetKeys, name } = attachment;
  return [{ ...attachment, assetKeys: [...new Set([...pathsOf(name, folders), ...assetKeys])] }];
}

/** Every chat may have a `screenshot.png`: without its folder a name says nothing. */
function pathsOf(name: string, folders: readonly string[]): readonly string[] {
  return folders.map((folder) => `${folder}${name}`);
}
