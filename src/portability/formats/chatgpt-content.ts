import { composeFence, composeQuote, joinParagraphs } from './compose-markdown.ts';
import { readAssetPointer } from './chatgpt-assets.ts';
import type { AssetPointer } from './chatgpt-assets.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asText, isObject, member, takeObject } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** What the `content` of a ChatGPT message holds (FORMATS 2.1, table of content types). */
export interface ChatgptContent {
  readonly text: string;
  /** `reasoning` belongs to the next answer; `folded` is shown closed, as in ChatGPT. */
  readonly kind: 'text' | 'folded' | 'instructions' | 'reasoning';
  readonly parts: readonly unknown[];
  readonly pointers: readonly AssetPointer[];
  /** What the pictures of this message were drawn from. */
  readonly imagePrompts: readonly string[];
}

const EMPTY: ChatgptContent = {
  text: '',
  kind: 'text',
  parts: [],
  pointers: [],
  imagePrompts: [],
};

type ContentReader = (content: JsonObject, notes: NoteSet) => Partial<ChatgptContent>;

const READERS: ReadonlyMap<string, ContentReader> = new Map<string, ContentReader>([
  ['text', readParts],
  ['multimodal_text', readParts],
  ['code', (content) => ({ text: readCode(content) })],
  ['execution_output', (content) => ({ ...fence(asText(content['text'])), kind: 'folded' })],
  ['tether_quote', (content) => ({ text: readQuote(content) })],
  ['sonic_webpage', (content) => ({ text: readQuote(content), kind: 'folded' })],
  ['tether_browsing_display', (content) => ({ text: readBrowsing(content), kind: 'folded' })],
  ['system_error', (content) => ({ text: readError(content) })],
  ['thoughts', (content) => ({ text: readThoughts(content), kind: 'reasoning' })],
  ['reasoning_recap', (content) => ({ text: asText(content['content']) ?? '', kind: 'reasoning' })],
  ['user_editable_context', (content) => ({ text: readContext(content), kind: 'instructions' })],
  ['model_editable_context', (content) => ({ parts: [asPart('model_editable_context', content)] })],
]);

/** The content in Markdown, with its files and what is left over. An unknown kind is kept as a part. */
export function readChatgptContent(content: unknown, notes: NoteSet): ChatgptContent {
  if (!isObject(content)) {
    if (content !== null && content !== undefined) notes.add('value_ignored');
    return { ...EMPTY, text: asText(content) ?? '' };
  }
  const type = asText(content['content_type']);
  const reader = type === null ? readParts : READERS.get(type);
  if (reader) return { ...EMPTY, ...reader(content, notes) };
  notes.add('unknown_block');
  return { ...EMPTY, parts: [asPart(type ?? 'unknown', content)] };
}

function asPart(type: string, content: JsonObject): unknown {
  return { type, ...content };
}

function readParts(content: JsonObject, notes: NoteSet): Partial<ChatgptContent> {
  const texts: (string | null)[] = [asText(content['text'])];
  const parts: unknown[] = [];
  const pointers: AssetPointer[] = [];
  const imagePrompts: string[] = [];
  for (const each of asArray(content['parts'])) {
    if (typeof each === 'string') texts.push(each);
    const part = typeof each === 'string' ? undefined : takeObject(each, notes);
    if (!part) continue;
    const found = pointersOf(part);
    pointers.push(...found);
    const prompt = asText(member(member(part['metadata'], 'dalle'), 'prompt'));
    if (prompt !== null) imagePrompts.push(prompt);
    const text = asText(part['text']);
    if (text !== null) texts.push(text);
    if (found.length > 0 || text !== null) continue;
    parts.push(asPart(asText(part['content_type']) ?? 'unknown', part));
    notes.add('unknown_block');
  }
  return { text: joinParagraphs(texts), parts, pointers, imagePrompts };
}

/** A part's own file; a spoken turn's sound, picture and frames besides. */
function pointersOf(part: JsonObject): readonly AssetPointer[] {
  const holders = [
    part,
    part['audio_asset_pointer'],
    ...asArray(part['frames_asset_pointers']),
  ].map((holder) => (typeof holder === 'string' ? { asset_pointer: holder } : holder));
  const video = { asset_pointer: part['video_container_asset_pointer'] };
  return [...holders, video].flatMap((holder) => readAssetPointer(holder) ?? []);
}

function fence(text: string | null): { readonly text: string } {
  return { text: text === null ? '' : composeFence(text, null) };
}

function readCode(content: JsonObject): string {
  const text = asText(content['text']);
  const language = asText(content['language']);
  return text === null ? '' : composeFence(text, language === 'unknown' ? null : language);
}

function readQuote(content: JsonObject): string {
  const title = asText(content['title']) ?? asText(content['domain']);
  const text = asText(content['text']) ?? '';
  const url = asText(content['url']);
  return text === '' && title === null && url === null ? '' : composeQuote(text, title, url);
}

function readBrowsing(content: JsonObject): string {
  return joinParagraphs([asText(content['summary']), fence(asText(content['result'])).text]);
}

function readError(content: JsonObject): string {
  return [asText(content['name']), asText(content['text'])]
    .filter((text) => text !== null)
    .join(': ');
}

function readThoughts(content: JsonObject): string {
  const thoughts = asArray(content['thoughts']).map((thought) => {
    const summary = asText(member(thought, 'summary'));
    const chunks = asArray(member(thought, 'chunks')).map(asText);
    const words = asText(member(thought, 'content')) ?? joinParagraphs(chunks);
    return joinParagraphs([summary === null ? null : `**${summary}**`, words]);
  });
  return joinParagraphs(thoughts);
}

function readContext(content: JsonObject): string {
  return joinParagraphs([asText(content['user_profile']), asText(content['user_instructions'])]);
}
