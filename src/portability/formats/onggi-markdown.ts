import type { ReadItem } from '#domain/imported.ts';
import type { ReadContext, TextFormat } from './format.ts';
import { FIRST_MARKER, readMarkers, textBetween } from './markdown-markers.ts';
import type { Marker } from './markdown-markers.ts';
import { refuseNewerVersion } from './onggi-json.ts';
import { readNative } from './read-native.ts';
import type { NoteSet } from './read-said.ts';
import { member } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

/**
 * Our own Markdown (FORMATS 3.3). What a person edited is taken as it stands and noted; of a file that
 * was cut, the whole messages. `read` throws `file/newer-version` for a file of a newer onggi.
 */
export const onggiMarkdown: TextFormat = {
  kind: 'text',
  id: 'onggi-markdown',
  source: 'onggi',
  matches: (head) => FIRST_MARKER.test(head),
  read,
};

function* read(file: string, context: ReadContext): Generator<ReadItem> {
  const nonce = FIRST_MARKER.exec(file)?.[1];
  if (nonce === undefined) return;
  const notes: NoteSet = new Set();
  const text = withPlainBreaks(file, nonce);
  const { head, messages } = readParts(text, nonce, notes);
  if (!head && messages.length === 0) {
    yield skipped('empty_conversation', context.fileName);
    return;
  }
  if (!head) notes.add('value_ignored');
  // How many messages there are, the last marker says.
  const { format_version: version, message_count: _count, ...object } = head ?? {};
  refuseNewerVersion(version);
  yield readNative({ object, path: messages, branches: [], source: 'onggi', notes }, context);
}

/** Editors and version control may have put CRLF at every end of line: the markers tell. */
function withPlainBreaks(text: string, nonce: string): string {
  const first = text.indexOf(`<!-- onggi:${nonce} `);
  const close = text.indexOf(' -->', first);
  return close >= 0 && text.startsWith('\r\n', close + 4) ? text.replaceAll('\r\n', '\n') : text;
}

interface Parts {
  readonly head: JsonObject | undefined;
  readonly messages: readonly JsonObject[];
}

/** A message that is being read: its marker, and what its blocks said. */
interface OpenMessage {
  readonly marker: Marker;
  reasoning: string | null;
  content: string | null;
}

function readParts(text: string, nonce: string, notes: NoteSet): Parts {
  let head: JsonObject | undefined;
  const messages: JsonObject[] = [];
  let message: OpenMessage | undefined;
  let block: Marker | undefined;
  let saidCount: unknown;

  function closeBlock(marker: Marker): void {
    if (message && block) {
      const said = textBetween(text, block, marker);
      if (block.kind === 'content') message.content = said;
      else message.reasoning = said;
      // Without its end the block was edited: everything up to the next marker is taken.
      if (marker.kind !== 'end') notes.add('edited_by_hand');
    }
    block = undefined;
  }

  function closeMessage(): void {
    if (message) messages.push(toObject(text, message, notes));
    message = undefined;
  }

  for (const marker of readMarkers(text, nonce)) {
    const { kind } = marker;
    closeBlock(marker);
    if (kind === 'conversation') head ??= marker.fields;
    else if (kind === 'message') {
      closeMessage();
      message = { marker, reasoning: null, content: null };
    } else if (kind === 'reasoning' || kind === 'content') block = marker;
    else if (kind === 'eof') saidCount = member(marker.fields, 'messages');
  }
  // A message whose content has begun and has no end is not whole.
  if (typeof message?.content === 'string') closeMessage();
  if (saidCount !== messages.length) notes.add('file_cut');
  return { head, messages };
}

/** The message's object as conversation JSON has it. */
function toObject(
  text: string,
  { marker, reasoning, content }: OpenMessage,
  notes: NoteSet,
): JsonObject {
  const { length, reasoning_length: reasoningLength, ...fields } = marker.fields ?? {};
  const role = fields['role'] ?? readHeading(text, marker);
  const isAsWritten =
    content?.length === length &&
    (reasoning?.length ?? undefined) === reasoningLength &&
    marker.fields !== undefined;
  if (!isAsWritten) notes.add('edited_by_hand');
  return {
    ...fields,
    ...(typeof role === 'string' ? { role } : {}),
    content: content ?? '',
    ...(reasoning === null ? {} : { reasoning }),
  };
}

const HEADING = /^## (\w{1,20})/;

/** The role as the heading says it, for a message whose marker cannot be read any more. */
function readHeading(text: string, { end }: Marker): string | undefined {
  return HEADING.exec(text.slice(end, end + 40))?.[1]?.toLowerCase();
}
