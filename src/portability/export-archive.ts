import { OnggiError } from '#domain/errors.ts';
import { MAX_ARCHIVE_ENTRIES } from '#files/limits.ts';
import { writeArchiveConversation } from './archive-conversation.ts';
import { tellArchiveCopy } from './archive-copies.ts';
import { writeArchiveIndex } from './archive-index.ts';
import type { ArchiveDocument, ArchiveEntry } from './archive-index.ts';
import type { ArchiveTexts } from './archive-texts.ts';
import type { WholeConversation } from './conversation-fields.ts';
import { writeConversationJson } from './conversation-json.ts';
import type { ReadBytes } from './conversation-json.ts';
import { createRandomNonce, writeConversationMarkdown } from './conversation-markdown.ts';
import type { DocumentWithText } from './document-fields.ts';
import { DOCUMENT_JSON, DOCUMENT_TEXT, writeDocumentJson } from './document-json.ts';
import { encodePieces } from './encode-pieces.ts';
import { MOST_CHARACTERS, upTo } from './most-characters.ts';
import {
  ATTACHMENT_FOLDER,
  attachmentEntryName,
  createUniqueNames,
  toDayText,
  toSafeName,
} from './safe-file-name.ts';
import { createZipWriter } from './write-zip.ts';
import type { ZipWriter } from './write-zip.ts';

export interface ArchiveOptions {
  /** How many there are, before those that are gone meanwhile. */
  readonly conversationCount: number;
  readonly appVersion: string;
  readonly texts: ArchiveTexts;
  /** Epoch milliseconds of the export. */
  readonly exportedAt: number;
  readonly isAnonymised: boolean;
  /** A Markdown file for each conversation and the index, and nothing else. */
  readonly isMarkdownOnly: boolean;
  /** Puts the files of messages into `attachments/`; without it they are named only. */
  readonly readBytes?: ReadBytes | undefined;
  /** Only tests give another. */
  readonly mostFiles?: number;
  /** Of one conversation as a file of its own; only tests give another. */
  readonly mostCharacters?: number | undefined;
  /** Documents of the library, for `documents/`. */
  readonly documents?: AsyncIterable<readonly DocumentWithText[]> | undefined;
}

/**
 * Conversations as a ZIP: `json/` and `markdown/` to be read back, `html/` to be read, `index.html` to
 * open first, attachments as `attachments/<id>-<name>`, so that an import finds them by id, documents as
 * text to be read and as JSON to come back. With Markdown only the files lie beside `index.html`. One
 * conversation stands in memory at a time, and of every one its line of the index.
 * @throws OnggiError `file/too-large` where it would hold more files than our own import takes,
 * `export/conversation-too-large` where a conversation is longer.
 */
export async function writeArchive(
  conversations: AsyncIterable<WholeConversation>,
  write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>,
  options: ArchiveOptions,
): Promise<void> {
  const { mostFiles = MAX_ARCHIVE_ENTRIES } = options;
  // The index is one, too.
  if (options.conversationCount >= mostFiles) throw tooMany(mostFiles);
  const zip = countOriginals(createZipWriter(write, options.exportedAt), mostFiles);
  const toUnique = createUniqueNames();
  const entries: ArchiveEntry[] = [];
  const pathById = new Map<string, string>();
  for await (const whole of conversations) {
    const name = toUnique(nameConversation(whole, options));
    await addAttachments(zip, whole, pathById, options.readBytes);
    await addConversation(zip, whole, name, pathById, options);
    const { title, createdAt, status, pinned } = whole.conversation;
    const messageCount = whole.messages.length;
    // A copy, so that the long text it may be cut from does not stay in memory.
    const shortTitle = title === null ? null : structuredClone(title.slice(0, 200));
    entries.push({
      title: shortTitle,
      createdAt,
      messageCount,
      status,
      isPinned: pinned === 1,
      name,
    });
  }
  const documents = await addDocuments(zip, options.documents);
  const index = writeArchiveIndex(entries, { ...options, documents });
  await zip.addFile('index.html', encodePieces(index));
  await zip.close();
}

/**
 * Refuses what the import would not take, before a person relies on it. What the import passes over in a large
 * archive, because it stands there twice, counts for nothing.
 */
function countOriginals(zip: ZipWriter, mostFiles: number): ZipWriter {
  let count = 0;
  return {
    async addFile(name, chunks, options) {
      if (!tellArchiveCopy(name)?.isCopy) count += 1;
      if (count > mostFiles) throw tooMany(mostFiles);
      await zip.addFile(name, chunks, options);
    },
    close: () => zip.close(),
  };
}

function tooMany(mostFiles: number): OnggiError {
  return new OnggiError('file/too-large', `more than ${mostFiles} files in an archive`);
}

/** What a document says of itself in a file of its own. */
async function addDocuments(
  zip: ZipWriter,
  pages: ArchiveOptions['documents'],
): Promise<readonly ArchiveDocument[]> {
  const toUnique = createUniqueNames();
  const entries: ArchiveDocument[] = [];
  for await (const page of pages ?? []) {
    for (const document of page) {
      const { name: title, text } = document;
      if (text === null) continue;
      const name = toUnique(toSafeName(title, 'document'));
      const path = `documents/${name}`;
      await zip.addFile(`${path}${DOCUMENT_TEXT}`, encodePieces([text]));
      await zip.addFile(`${path}${DOCUMENT_JSON}`, encodePieces([writeDocumentJson(document)]));
      entries.push({ title, path: `${path}${DOCUMENT_TEXT}` });
    }
  }
  return entries;
}

function nameConversation({ conversation }: WholeConversation, options: ArchiveOptions): string {
  const { title, createdAt } = conversation;
  const day = toDayText(createdAt, options.isAnonymised ? 'UTC' : undefined);
  const name = toSafeName(title ?? '', '');
  return name === '' ? day : `${day} ${name}`;
}

async function addConversation(
  zip: ZipWriter,
  whole: WholeConversation,
  name: string,
  pathById: ReadonlyMap<string, string>,
  options: ArchiveOptions,
): Promise<void> {
  const { appVersion, mostCharacters = MOST_CHARACTERS.alone } = options;
  const markdown = writeConversationMarkdown(whole, { appVersion, createNonce: createRandomNonce });
  if (options.isMarkdownOnly) {
    const bounded = upTo(mostCharacters, markdown, whole.conversation);
    await zip.addFile(`${name}.md`, encodePieces(bounded));
    return;
  }
  // The import reads this one; what stands beside it is for people.
  const json = upTo(
    mostCharacters,
    writeConversationJson(whole, { appVersion }),
    whole.conversation,
  );
  await zip.addFile(`json/${name}.json`, encodePieces(json));
  await zip.addFile(`markdown/${name}.md`, encodePieces(markdown));
  const page = writeArchiveConversation(whole, { ...options, pathOf: (id) => pathById.get(id) });
  await zip.addFile(`html/${name}.html`, encodePieces(page));
}

/** Media that are compressed already: deflating them costs time and gains nothing. */
const PACKED_MEDIA =
  /^(?:image\/(?!svg|bmp)|audio\/|video\/|application\/(?:zip|gzip|pdf|vnd\.openxml))/;

/** Each file once, however many messages name it. */
async function addAttachments(
  zip: ZipWriter,
  { messages }: WholeConversation,
  pathById: Map<string, string>,
  readBytes: ReadBytes | undefined,
): Promise<void> {
  for (const { id, name, mediaType } of messages.flatMap(({ attachments }) => attachments)) {
    const bytes = pathById.has(id) ? undefined : await readBytes?.(id);
    if (!bytes) continue;
    const path = `${ATTACHMENT_FOLDER}${attachmentEntryName({ id, name })}`;
    pathById.set(id, path);
    await zip.addFile(path, [new Uint8Array(bytes)], { isStored: PACKED_MEDIA.test(mediaType) });
  }
}
