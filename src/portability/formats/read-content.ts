/** Message contents in the shapes that OpenAI's interfaces made common: a text, or a list of parts. */
import type { ImportedAttachment, ImportNote } from '#domain/imported.ts';
import { asArray, asNumber, asText, isObject, member } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** What a content holds, by what onggi does with it. */
export interface ReadContent {
  /** Text parts, with an empty line between them. */
  readonly content: string;
  readonly reasoning: string | null;
  /** Parts of other kinds, as they came. */
  readonly parts: readonly unknown[];
  readonly attachments: readonly ImportedAttachment[];
}

/** Reads a text, one part or a list of parts. What has another type is left out and noted. */
export function readContent(value: unknown, notes: Set<ImportNote>): ReadContent {
  const texts: string[] = [];
  const reasonings: string[] = [];
  const parts: unknown[] = [];
  const attachments: ImportedAttachment[] = [];
  for (const part of Array.isArray(value) ? asArray(value) : [value]) {
    if (part === null || part === undefined) continue;
    if (typeof part === 'string') texts.push(part);
    else if (!isObject(part)) notes.add('value_ignored');
    else {
      const read = readPart(part, notes);
      if (read.kind === 'text') texts.push(read.text);
      else if (read.kind === 'reasoning') reasonings.push(read.text);
      else if (read.kind === 'attachment') attachments.push(read.attachment);
      else parts.push(part);
    }
  }
  return {
    content: joinTexts(texts),
    reasoning: reasonings.length > 0 ? joinTexts(reasonings) : null,
    parts,
    attachments,
  };
}

/** Texts with an empty line between them; the empty ones are left out. */
export function joinTexts(texts: readonly string[]): string {
  return texts.filter((text) => text !== '').join('\n\n');
}

type ReadPart =
  | { readonly kind: 'text' | 'reasoning'; readonly text: string }
  | { readonly kind: 'attachment'; readonly attachment: ImportedAttachment }
  | { readonly kind: 'part' };

const TEXT_TYPES: ReadonlySet<unknown> = new Set(['text', 'input_text', 'output_text', 'refusal']);
const REASONING_TYPES: ReadonlySet<unknown> = new Set(['reasoning', 'thinking', 'think']);
const KNOWN_PARTS: ReadonlySet<unknown> = new Set(['tool_call', 'tool-call', 'tool_result']);

function readPart(part: JsonObject, notes: Set<ImportNote>): ReadPart {
  const type = member(part, 'type');
  const text = partText(part);
  if (text !== null && REASONING_TYPES.has(type)) return { kind: 'reasoning', text };
  if (text !== null && (TEXT_TYPES.has(type) || type === undefined)) return { kind: 'text', text };
  if (TEXT_TYPES.has(type) && member(part, type as string) === '')
    return { kind: 'text', text: '' };
  const attachment = readMediaPart(part, notes);
  if (attachment) return { kind: 'attachment', attachment };
  if (!KNOWN_PARTS.has(type) && !hasUrl(part)) notes.add('unknown_block');
  return { kind: 'part' };
}

function partText(part: JsonObject): string | null {
  for (const key of ['text', 'reasoning', 'thinking', 'refusal', 'content']) {
    const value = member(part, key);
    const text = asText(value) ?? asText(member(value, 'value'));
    if (text !== null) return text;
  }
  return null;
}

function partUrl(part: JsonObject): string | null {
  for (const key of ['image_url', 'imageUrl', 'video_url', 'audio_url', 'url', 'image']) {
    const holder = member(part, key);
    const url = asText(holder) ?? asText(member(holder, 'url'));
    if (url !== null) return url;
  }
  return null;
}

function hasUrl(part: JsonObject): boolean {
  return partUrl(part) !== null;
}

/**
 * The file whose bytes a part holds, as a `data:` URL or as base64; null where it holds none, and noted
 * where it has an address only.
 */
export function readMediaPart(part: JsonObject, notes: Set<ImportNote>): ImportedAttachment | null {
  const url = partUrl(part);
  if (url !== null) {
    const attachment = readDataUrl(url, asText(member(part, 'name')));
    // Nothing is fetched: an address stays what it is, in the part.
    if (!attachment) notes.add('asset_missing');
    return attachment;
  }
  const audio = member(part, 'input_audio');
  const data = asText(member(audio, 'data'));
  if (data !== null) {
    const format = asText(member(audio, 'format')) ?? 'wav';
    return readBase64(data, `audio/${format}`, `audio.${format}`);
  }
  const file = member(part, 'file');
  const fileData = asText(member(file, 'file_data'));
  return fileData === null ? null : readDataUrl(fileData, asText(member(file, 'filename')));
}

/** The file that a `data:` URL holds; null when it is no such URL. */
export function readDataUrl(url: string, name: string | null): ImportedAttachment | null {
  const head = /^data:([\w.+-]+\/[\w.+-]+)?[;,]/i.exec(url.slice(0, 200));
  if (!head) return null;
  const mediaType = head[1]?.toLowerCase() ?? 'text/plain';
  const [kind = 'file', subtype = 'bin'] = mediaType.split('/');
  const extension = subtype.replace(/\+.*/, '').replace('jpeg', 'jpg');
  return {
    name: name ?? `${kind}.${extension}`,
    mediaType,
    sizeBytes: null,
    assetKeys: [],
    dataUrl: url,
  };
}

/** The file that bare base64 holds; null when it is none. */
export function readBase64(
  data: string,
  mediaType: string,
  name: string,
): ImportedAttachment | null {
  if (!/^[A-Za-z0-9+/=_-]/.test(data) || !/^[\w.+-]+\/[\w.+-]+$/.test(mediaType)) return null;
  return readDataUrl(`data:${mediaType};base64,${data}`, name);
}

/** An answer whose thoughts stand before it as `<think>…</think>`, taken apart. */
export function splitThinking(text: string): { content: string; reasoning: string | null } {
  const start = /^\s*<(think|thinking)>/.exec(text.slice(0, 100));
  if (!start) return { content: text, reasoning: null };
  const close = `</${start[1] ?? 'think'}>`;
  const end = text.indexOf(close);
  if (end < 0) return { content: text, reasoning: null };
  const reasoning = text.slice(start[0].length, end).trim();
  const content = text.slice(end + close.length).replace(/^\s+/, '');
  return { content, reasoning: reasoning === '' ? null : reasoning };
}

/** Both thoughts, in their order; null when there are none. */
export function joinReasoning(...thoughts: readonly (string | null)[]): string | null {
  const joined = joinTexts(thoughts.flatMap((text) => (text === null ? [] : [text])));
  return joined === '' ? null : joined;
}

/** What an error said, at most 2,000 characters; null when there was none. */
export function readErrorText(value: unknown): string | null {
  const text =
    asText(value) ??
    asText(member(value, 'message')) ??
    asText(member(value, 'type')) ??
    asText(member(member(value, 'body'), 'message'));
  if (text !== null) return text.slice(0, 2000);
  return isObject(value) && Object.keys(value).length > 0 ? 'error' : null;
}

/** Milliseconds from seconds; null when there are none. */
export function secondsToMs(value: unknown): number | null {
  const seconds = asNumber(value);
  return seconds === null || seconds < 0 ? null : Math.round(seconds * 1000);
}
