/** The blocks that a message of Cherry Studio is made of (FORMATS 2.4). */
import type { ImportedAttachment, ImportNote } from '#domain/imported.ts';
import { joinTexts, readDataUrl, readErrorText } from './read-content.ts';
import { asArray, asCount, asId, asText, isObject, member, objectsOf } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** What the blocks of one message hold. */
export interface CherryBlocks {
  readonly content: string;
  readonly reasoning: string | null;
  /** Tool calls and blocks of unknown kinds, as they came. */
  readonly parts: readonly unknown[];
  readonly attachments: readonly ImportedAttachment[];
  readonly citations: readonly unknown[];
  /** Empty when there is none. */
  readonly translation: string;
  readonly error: string | null;
}

interface Collected {
  readonly texts: string[];
  readonly thoughts: string[];
  readonly translations: string[];
  readonly parts: unknown[];
  readonly attachments: ImportedAttachment[];
  readonly citations: unknown[];
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
    translations: [],
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
      collectFiles({ file }, found, notes);
    }
  }
  const { parts, attachments, citations, error } = found;
  return {
    content: joinTexts(found.texts),
    reasoning: asText(joinTexts(found.thoughts)),
    parts,
    attachments,
    citations,
    translation: joinTexts(found.translations),
    error,
  };
}

function collectBlock(block: JsonObject, found: Collected, notes: Set<ImportNote>): void {
  const text = asText(member(block, 'content')) ?? '';
  const type = member(block, 'type');
  if (type === 'main_text') found.texts.push(text);
  else if (type === 'thinking') found.thoughts.push(text);
  else if (type === 'code') found.texts.push(fence(text, asText(member(block, 'language')) ?? ''));
  else if (type === 'translation') found.translations.push(text);
  else if (type === 'image' || type === 'file') collectFiles(block, found, notes);
  else if (type === 'video') collectVideo(block, found, notes);
  else if (type === 'compact') {
    // A summary of what came before; beside it, folded, what it was made of.
    found.texts.push(text);
    found.parts.push(block);
  } else if (type === 'citation') collectCitations(block, found);
  else if (type === 'error') found.error ??= readErrorText(member(block, 'error')) ?? 'error';
  else {
    if (type !== 'tool') notes.add('unknown_block');
    found.parts.push(block);
  }
}

/** A video lies among the files, at an address, or on the disk of the other device. */
function collectVideo(block: JsonObject, found: Collected, notes: Set<ImportNote>): void {
  const before = found.attachments.length;
  collectFiles(block, found, notes);
  if (found.attachments.length > before) return;
  const path = asText(member(block, 'filePath')) ?? asText(member(block, 'url'));
  if (path === null) {
    found.parts.push(block);
    return;
  }
  const name = path
    .split(/[\\/]/)
    .at(-1)
    ?.replace(/[?#].*$/, '');
  if (!name) return;
  found.attachments.push({ name, mediaType: null, sizeBytes: null, assetKeys: [name] });
}

function collectCitations(block: JsonObject, found: Collected): void {
  for (const key of ['response', 'knowledge', 'memories']) {
    const value = member(block, key);
    if (value !== undefined && value !== null) found.citations.push(value);
  }
}

function fence(text: string, language: string): string {
  const longest = [...text.matchAll(/`+/g)].reduce((most, [run]) => Math.max(most, run.length), 2);
  const ticks = '`'.repeat(longest + 1);
  return `${ticks}${/^[\w+#.-]{1,30}$/.test(language) ? language : ''}\n${text}\n${ticks}`;
}

/** Files lie in the archive as `Data/Files/<id><extension>`; pictures can also be data URLs. */
function collectFiles(block: JsonObject, found: Collected, notes: Set<ImportNote>): void {
  const file = member(block, 'file');
  const name = asText(member(file, 'origin_name')) ?? asText(member(file, 'name'));
  const made = member(member(member(block, 'metadata'), 'generateImageResponse'), 'images');
  for (const value of [member(block, 'url'), ...asArray(made)]) {
    const url = asText(value);
    const attachment = url === null ? null : readDataUrl(url, name);
    if (attachment) found.attachments.push(attachment);
    else if (url !== null) notes.add('asset_missing');
  }
  const id = asId(member(file, 'id'));
  if (id === null) return;
  const sizeBytes = asCount(member(file, 'size'));
  found.attachments.push({ name: name ?? id, mediaType: null, sizeBytes, assetKeys: [id] });
}
