import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedAttachment, ImportedMessage } from '#domain/imported.ts';
import type { MessageStatus, Role } from '#domain/message.ts';
import { readLibrechatContent, splitThinking } from './librechat-content.ts';
import type { LibrechatContent } from './librechat-content.ts';
import { joinParagraphs } from './compose-markdown.ts';
import { readAttachment } from './read-attachment.ts';
import { distinctCitations, readCitation } from './read-citations.ts';
import { identify, onlySaid, readDate, readSaidRole, readThumb } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asCount, asId, asText, isObject, member, objectsOf } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** One message of any of LibreChat's shapes, without its children. */
export function readLibrechatMessage(
  value: JsonObject,
  index: number,
  parentSourceId: string | null,
  notes: NoteSet,
): ImportedMessage {
  const role = readAuthor(value, notes);
  const content = readLibrechatContent(value['content'], notes);
  const flat = splitThinking(asText(value['text']) ?? '');
  const text = content.text === '' ? flat.text : content.text;
  const timestamp = readDate(notes, value['createdAt'], value['updatedAt']);
  const id = asId(value['messageId']) ?? asId(value['id']);
  const isAnswer = role === 'assistant';
  const files = readFiles(value, content, notes);
  const tokenCount = asCount(value['tokenCount']);
  return createImportedMessage({
    ...identify(notes, id, 'librechat', role, text, index, timestamp),
    parentSourceId,
    role,
    content: text === '' ? joinParagraphs(content.errors) : text,
    reasoning: content.reasoning ?? flat.reasoning,
    parts: [...content.parts, ...files.parts, ...readPlugins(value)],
    timestamp,
    status: isAnswer ? readStatus(value, content) : 'complete',
    finishReason: isAnswer ? asText(value['finish_reason']) : null,
    tokenCount,
    completionTokens: isAnswer ? tokenCount : null,
    modelUsed: isAnswer ? asText(value['model']) : null,
    rating: readThumb(member(value['feedback'], 'rating')),
    feedback: readWords(value['feedback']),
    attachments: files.attachments,
    metadata: readDetails(value, role),
  });
}

/** The flag is the truth; `sender` is a name such as `GPT-4` and says a role only where there is no flag. */
function readAuthor(value: JsonObject, notes: NoteSet): Role {
  const isByUser = value['isCreatedByUser'];
  if (typeof isByUser === 'boolean') return isByUser ? 'user' : 'assistant';
  return readSaidRole(notes, value['role'] ?? value['sender']).role;
}

function readStatus(value: JsonObject, content: LibrechatContent): MessageStatus {
  if (value['error'] === true || content.errors.length > 0) return 'error';
  return value['unfinished'] === true ? 'interrupted' : 'complete';
}

function readWords(feedback: unknown): string | null {
  const tag = member(feedback, 'tag');
  const words = [asText(member(feedback, 'text')), asText(tag) ?? asText(member(tag, 'key'))];
  const said = words.filter((word) => word !== null).join('\n');
  return said === '' ? null : said;
}

function readPlugins(value: JsonObject): readonly unknown[] {
  const plugins = [value['plugin'], ...asArray(value['plugins'])].filter(isObject);
  return plugins.map((plugin) => ({ type: 'plugin', ...plugin }));
}

/** What tools attach and are known to: no note says that they are unknown. */
const TOOL_RESULTS = new Set<unknown>(['web_search', 'file_search', 'memory', 'ui_resources']);

/** The files of a message by their names, and what lies among them and is none. */
function readFiles(
  value: JsonObject,
  content: LibrechatContent,
  notes: NoteSet,
): Pick<ImportedMessage, 'attachments' | 'parts'> {
  const entries = [value['files'], content.files, value['attachments']].flatMap((list) =>
    objectsOf(list, notes),
  );
  const byKey = new Map<string, ImportedAttachment>();
  const parts: unknown[] = [];
  for (const entry of entries) {
    const isFile = (asId(entry['file_id']) ?? asText(entry['filename'])) !== null;
    const attachment = isFile ? readAttachment(entry) : null;
    if (attachment) {
      const text = asText(entry['text']);
      const key = attachment.assetKeys[0] ?? attachment.name;
      byKey.set(key, text === null ? attachment : { ...attachment, text });
      continue;
    }
    const isKnown = TOOL_RESULTS.has(entry['type']);
    if (!isKnown) notes.add('unknown_block');
    // The results of a search are the sources of the answer.
    if (citationsOfSearch(entry).every((citation) => citation === null)) {
      parts.push({ type: 'attachment', ...entry });
    }
  }
  return { attachments: [...byKey.values(), ...content.attachments], parts };
}

function readDetails(value: JsonObject, role: Role): Readonly<Record<string, unknown>> {
  const sender = asText(value['sender']);
  return onlySaid({
    sender: sender?.toLowerCase() === role ? null : sender,
    endpoint: asText(value['endpoint']),
    summary: asText(value['summary']),
    source_rating: value['feedback'],
    citations: distinctCitations(asArray(value['attachments']).flatMap(citationsOfSearch)),
  });
}

/** A web search is an attachment with its results: `web_search.organic`, `.topStories` or the list itself. */
function citationsOfSearch(attachment: unknown): readonly ReturnType<typeof readCitation>[] {
  if (member(attachment, 'type') !== 'web_search') return [];
  const search = member(attachment, 'web_search');
  const lists = ['organic', 'topStories', 'references'].flatMap((key) =>
    asArray(member(search, key)),
  );
  return [...asArray(search), ...lists].map(readCitation);
}
