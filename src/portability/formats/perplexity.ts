import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedMessage, ReadItem } from '#domain/imported.ts';
import { finishConversation } from './finish-conversation.ts';
import type { JsonFormat } from './format.ts';
import { readPerplexityBlocks } from './perplexity-answer.ts';
import type { PerplexityAnswer } from './perplexity-answer.ts';
import { createAttachment } from './read-attachment.ts';
import { readCitations } from './read-citations.ts';
import { identify, listedParts, onlySaid, readDate } from './read-said.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asId, asText, chain, isObject, member, takeObject } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/**
 * The two schemas of the Perplexity Thread Exporter: its own (`conversations` with `query` and
 * `answer`) and Perplexity's records (`entries` with `query_str`). One file is one thread.
 */
export const perplexity: JsonFormat = {
  kind: 'json',
  id: 'perplexity',
  source: 'perplexity',
  unit: 'elements',
  matches: ({ first, second }) => [first, second].some(isThread),
  *read(value) {
    yield readThread(value);
  },
};

function isThread(value: unknown): boolean {
  const entries = entriesOf(value);
  const isNamed = member(member(value, 'metadata'), 'thread_title') !== undefined;
  const isAsked = asArray(entries).some(
    (entry) =>
      member(entry, 'query_str') !== undefined ||
      (member(entry, 'query') !== undefined && member(entry, 'answer') !== undefined),
  );
  return isAsked || (isNamed && Array.isArray(entries));
}

function entriesOf(value: unknown): unknown {
  const own = member(value, 'conversations');
  return Array.isArray(own) ? own : member(value, 'entries');
}

function readThread(value: unknown): ReadItem {
  if (!isObject(value)) return skipped('not_an_object', null);
  const about = value['metadata'] ?? value['thread_metadata'];
  const entries = entriesOf(value);
  const first: unknown = asArray(entries).find(isObject);
  const title =
    asText(member(about, 'thread_title')) ??
    asText(member(about, 'title')) ??
    asText(member(first, 'thread_title'));
  const sourceId = readThreadId(about, first);
  if (!Array.isArray(entries)) return skipped('no_messages_field', title ?? sourceId);
  const notes: NoteSet = new Set();
  return finishConversation({
    fields: {
      source: 'perplexity',
      title,
      createdAt: readDate(notes, member(about, 'created_at')),
      updatedAt: readDate(notes, member(about, 'updated_at'), member(about, 'last_updated')),
    },
    sourceId,
    messages: chain(
      entries.flatMap((value, index) => {
        const entry = takeObject(value, notes);
        return entry ? readEntry(entry, index, notes) : [];
      }),
    ),
    leaf: null,
    notes,
  });
}

/** All entries of a thread share a context; the first entry's own id serves where nothing else is said. */
function readThreadId(about: unknown, first: unknown): string | null {
  return (
    asId(member(about, 'thread_id')) ??
    asId(member(about, 'thread_uuid')) ??
    asId(member(about, 'context_uuid')) ??
    asId(member(first, 'context_uuid')) ??
    asId(member(first, 'uuid'))
  );
}

/** One entry is a question and its answer; an entry that was never answered is a question alone. */
function readEntry(entry: JsonObject, index: number, notes: NoteSet): readonly ImportedMessage[] {
  const question = asText(entry['query']) ?? asText(entry['query_str']) ?? '';
  const answer = readAnswer(entry, notes);
  const timestamp = readDate(
    notes,
    entry['timestamp'],
    entry['entry_created_datetime'],
    entry['created_at'],
  );
  const id = identify(notes, asId(entry['uuid']), 'perplexity', question, index, timestamp);
  const asked = createImportedMessage({
    ...id,
    sourceId: `${id.sourceId}:query`,
    parentSourceId: null,
    role: 'user',
    content: question,
    timestamp,
    attachments: asArray(entry['attachments']).flatMap((url) => readLinkedFile(url)),
  });
  if (answer.text === '' && answer.parts.length === 0) return [asked];
  const answered = createImportedMessage({
    ...id,
    parentSourceId: asked.sourceId,
    role: 'assistant',
    content: answer.text,
    parts: [...answer.parts, ...listedParts({ follow_ups: entry['related_queries'] })],
    timestamp,
    modelUsed: asText(entry['model']) ?? asText(entry['display_model']),
    metadata: onlySaid({
      citations: answer.citations,
      mode: asText(entry['mode']),
    }),
  });
  return [asked, answered];
}

function readAnswer(entry: JsonObject, notes: NoteSet): PerplexityAnswer {
  const blocks = readPerplexityBlocks(entry['blocks'], notes);
  const own = readCitations(entry['sources']);
  return {
    text: asText(entry['answer']) ?? blocks.text,
    citations: own.length > 0 ? own : blocks.citations,
    parts: blocks.parts,
  };
}

/** Files are addresses at Perplexity that open for their owner alone: only the name is kept. */
function readLinkedFile(value: unknown): ImportedMessage['attachments'] {
  const url = asText(value) ?? asText(member(value, 'url'));
  const name = url?.split(/[?#]/)[0]?.split('/').at(-1);
  return name ? [createAttachment({ name })] : [];
}
