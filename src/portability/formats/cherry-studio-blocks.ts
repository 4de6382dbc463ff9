/** The blocks that a message of Cherry Studio is made of (FORMATS 2.4). */
import type { ImportedAttachment, ImportNote } from '#domain/imported.ts';
import { distinctCitations, readCitation, readPassages } from './read-citations.ts';
import type { Citation } from './read-citations.ts';
import { joinTexts, readDataUrl, readErrorText } from './read-content.ts';
import { asArray, asCount, asId, asText, isObject, member, objectsOf } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** What the blocks of one message hold. */
export interface CherryBlocks {
  readonly content: string;
  readonly reasoning: string | null;
  /** Tool calls, translations, passages and blocks of unknown kinds, as they came. */
  readonly parts: readonly unknown[];
  readonly attachments: readonly ImportedAttachment[];
  readonly citations: readonly Citation[];
  readonly error: string | null;
}

interface Collected {
  readonly texts: string[];
  readonly thoughts: string[];
  readonly parts: unknown[];
  readonly attachments: ImportedAttachment[];
  readonly citations: (Citation | null)[];
  error: string | null;
}

/** Reads the blocks that a message lists, by id or whole; older messages hold text and files themselves. */
export function readCherryBlocks(
  message: JsonObject,
  blocks: ReadonlyMap<string, JsonObject>,
  notes: Set<ImportNote>,
): CherryBlocks {
  const old = asText(member(message, 'content'));
  const found: Collected = {
    texts: old === null ? [] : [old],
    thoughts: [],
    parts: [],
    attachments: [],
    citations: [],
    error: readErrorText(member(message, 'error')),
  };
  for (const listed of asArray(member(message, 'blocks'))) {
    const block = isObject(listed) ? listed : blocks.get(asId(listed) ?? '');
    if (block) collectBlock(block, found, notes);
    else notes.add('value_ignored');
  }
  for (const key of ['files', 'images']) {
    for (const file of objectsOf(member(message, key), notes)) {
      collectFiles({ type: 'file', file }, found, notes);
    }
  }
  const { parts, attachments, citations, error } = found;
  return {
    content: joinTexts(found.texts),
    reasoning: asText(joinTexts(found.thoughts)),
    parts,
    attachments,
    citations: distinctCitations(citations),
    error,
  };
}

function collectBlock(block: JsonObject, found: Collected, notes: Set<ImportNote>): void {
  const text = asText(member(block, 'content')) ?? '';
  const type = member(block, 'type');
  if (type === 'main_text') found.texts.push(text);
  else if (type === 'thinking') found.thoughts.push(text);
  else if (type === 'code') found.texts.push(fence(text, asText(member(block, 'language')) ?? ''));
  else if (type === 'image' || type === 'file') collectFiles(block, found, notes);
  else if (type === 'video') collectVideo(block, found, notes);
  else if (type === 'compact') {
    // A summary of what came before; beside it, folded, what it was made of.
    found.texts.push(text);
    found.parts.push(block);
  } else if (type === 'citation') collectCitations(block, found);
  else if (type === 'error') found.error ??= readErrorText(member(block, 'error')) ?? 'error';
  else {
    if (type !== 'tool' && type !== 'translation') notes.add('unknown_block');
    found.parts.push(block);
  }
}

/** A video lies among the files, in the block itself, at an address, or on the disk of the other device. */
function collectVideo(block: JsonObject, found: Collected, notes: Set<ImportNote>): void {
  const url = asText(member(block, 'url'));
  const isElsewhere = url === null || /^(?:https?|data):/i.test(url);
  const path = asText(member(block, 'filePath')) ?? (isElsewhere ? null : url);
  const name = path
    ?.split(/[\\/]/)
    .at(-1)
    ?.replace(/[?#].*$/, '');
  if (name && asId(member(member(block, 'file'), 'id')) === null) {
    const held = url === null ? null : readDataUrl(url, name);
    const named = held ?? { name, mediaType: null, sizeBytes: null };
    found.attachments.push({ ...named, assetKeys: [name] });
  } else collectFiles(block, found, notes);
}

/**
 * What a search found, and what was looked up in files and memories. Of the latter the block stays too:
 * what they quote is found at no address.
 */
function collectCitations(block: JsonObject, found: Collected): void {
  const response = member(block, 'response');
  const searched = [...citationsOfSearch(response, 0)];
  const lookedUp = ['knowledge', 'memories'].flatMap((key) =>
    asArray(member(block, key)).filter(isObject).map(describePassage),
  );
  const passages = readPassages(lookedUp);
  found.citations.push(...searched, ...passages.citations);
  const isUnread = searched.length === 0 && (isObject(response) || lookedUp.length === 0);
  if (isUnread || passages.rest.length > 0) found.parts.push(block);
}

/** A passage of a file, whose source is an address or a path; or something remembered. */
function describePassage(entry: JsonObject): JsonObject {
  const source = asText(member(entry, 'sourceUrl'));
  const isAddress = source !== null && /^https?:/i.test(source);
  const name = asText(member(member(entry, 'file'), 'origin_name')) ?? source;
  return {
    ...entry,
    ...(isAddress ? { url: source } : { title: member(entry, 'title') ?? name }),
  };
}

const MAX_DEPTH = 4;
/** Where the services that Cherry Studio searches with put what they found. */
const FOUND_IN = ['results', 'groundingChunks', 'web', 'url_citation', 'citations', 'sources'];

function* citationsOfSearch(value: unknown, depth: number): Generator<Citation> {
  if (depth > MAX_DEPTH) return;
  if (Array.isArray(value)) {
    for (const each of asArray(value)) yield* citationsOfSearch(each, depth + 1);
    return;
  }
  const isWord = typeof value === 'string' && !/^https?:/i.test(value);
  const citation = isWord ? null : readCitation(value);
  if (citation) yield citation;
  else for (const key of FOUND_IN) yield* citationsOfSearch(member(value, key), depth + 1);
}

function fence(text: string, language: string): string {
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2);
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${/^[\w+#.-]{1,30}$/.test(language) ? language : ''}\n${text}\n${ticks}`;
}

/**
 * Files lie in the archive as `Data/Files/<id><extension>`; pictures can also be data URLs. Nothing is
 * fetched: of a picture that is only an address the block stays.
 */
function collectFiles(block: JsonObject, found: Collected, notes: Set<ImportNote>): void {
  const file = member(block, 'file');
  const name = asText(member(file, 'origin_name')) ?? asText(member(file, 'name'));
  const made = member(member(member(block, 'metadata'), 'generateImageResponse'), 'images');
  const id = asId(member(file, 'id'));
  let isAddress = false;
  let isTaken = false;
  for (const value of [member(block, 'url'), ...asArray(made)]) {
    const url = asText(value);
    const attachment = url === null ? null : readDataUrl(url, name);
    if (attachment) found.attachments.push(attachment);
    isTaken ||= attachment !== null;
    // Of a file that lies in the archive the path on the other device says nothing.
    isAddress ||= url !== null && !attachment && (id === null || /^https?:/i.test(url));
  }
  if (id !== null) {
    const sizeBytes = asCount(member(file, 'size'));
    found.attachments.push({ name: name ?? id, mediaType: null, sizeBytes, assetKeys: [id] });
  }
  if (isAddress) notes.add('asset_missing');
  if (isAddress || (!isTaken && id === null)) found.parts.push(block);
}
