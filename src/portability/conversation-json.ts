import type { FileObject } from '#domain/file-object.ts';
import type { Message } from '#domain/message.ts';
import { encodeBase64 } from '#files/base64.ts';
import {
  splitBranches,
  writeConversationFields,
  writeMessageFields,
} from './conversation-fields.ts';
import type { WholeConversation } from './conversation-fields.ts';

/** Gives the bytes of an attachment by its id; undefined when they are not stored. */
export type ReadBytes = (attachmentId: string) => Promise<Uint8Array | undefined>;

export interface ConversationJsonOptions {
  readonly appVersion: string;
  /** Writes the bytes of attachments as base64 under `data`; without it only names and sizes. */
  readonly readBytes?: ReadBytes | undefined;
}

/**
 * A conversation as the JSON of FORMATS 3.2, in pieces that join to one object: what the
 * specification's `json.dumps(conversation.to_dict(), indent=2, ensure_ascii=False)` gives, and our
 * own fields after its own. Lone surrogates become `\u` escapes. One message stands in memory at a
 * time, of attachments one file.
 */
export async function* writeConversationJson(
  whole: WholeConversation,
  { appVersion, readBytes }: ConversationJsonOptions,
): AsyncGenerator<string> {
  const split = splitBranches(whole);
  const fields = writeConversationFields(whole.conversation, split, appVersion);
  let before = '{\n';
  for (const [name, value] of Object.entries(fields)) {
    yield `${before}  ${JSON.stringify(name)}: `;
    before = ',\n';
    if (name === 'messages') yield* writeList(split.path, readBytes);
    else if (name === 'branch_messages') yield* writeList(split.branches, readBytes);
    else yield indent(value, 2);
  }
  yield '\n}';
}

async function* writeList(
  messages: readonly Message[],
  readBytes: ReadBytes | undefined,
): AsyncGenerator<string> {
  if (messages.length === 0) {
    yield '[]';
    return;
  }
  let before = '[\n    ';
  for (const message of messages) {
    yield before;
    before = ',\n    ';
    yield* writeMessage(message, readBytes);
  }
  yield '\n  ]';
}

async function* writeMessage(
  message: Message,
  readBytes: ReadBytes | undefined,
): AsyncGenerator<string> {
  const fields = writeMessageFields(message);
  const attachments = fields['attachments'];
  if (!readBytes || !Array.isArray(attachments) || attachments.length === 0) {
    yield indent(fields, 4);
    return;
  }
  // The list is at hand as text only when its files are: its place is held by an empty list.
  const [head = '', tail = ''] = indent({ ...fields, attachments: [] }, 4).split(EMPTY_LIST);
  yield `${head}\n      "attachments": [`;
  for (const [index, { id }] of message.attachments.entries()) {
    yield index === 0 ? '\n        ' : ',\n        ';
    const attachment: unknown = attachments[index];
    yield* writeAttachment(attachment as FileObject, await readBytes(id));
  }
  yield `\n      ]${tail}`;
}

/** Stands nowhere else: within a JSON string a line break and a quotation mark are escaped. */
const EMPTY_LIST = '\n      "attachments": []';

function* writeAttachment(
  attachment: FileObject,
  bytes: Uint8Array | undefined,
): Generator<string> {
  const text = indent(attachment, 8);
  if (!bytes) {
    yield text;
    return;
  }
  yield `${text.slice(0, text.lastIndexOf('\n'))},\n          "data": "`;
  yield* encodeBase64(bytes);
  yield '"\n        }';
}

/** Strings of JSON hold no line breaks, so every one in the text is the layout's. */
function indent(value: unknown, columns: number): string {
  return JSON.stringify(value, null, 2).replaceAll('\n', `\n${' '.repeat(columns)}`);
}
