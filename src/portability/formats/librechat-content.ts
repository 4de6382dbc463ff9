import type { ImportedAttachment } from '#domain/imported.ts';
import { joinParagraphs } from './compose-markdown.ts';
import { readMediaPart } from './read-content.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asText, member, takeObject } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** What the `content` parts of a LibreChat message hold. */
export interface LibrechatContent {
  readonly text: string;
  readonly reasoning: string | null;
  readonly parts: readonly unknown[];
  /** Objects of `image_file` parts, to be read as attachments. */
  readonly files: readonly unknown[];
  /** Files whose bytes the parts hold. */
  readonly attachments: readonly ImportedAttachment[];
  readonly errors: readonly string[];
}

/** Kept as parts without a note. */
const KNOWN_PARTS = new Set(['tool_call', 'agent_update']);
/** Kept as parts where they hold no bytes but an address. */
const MEDIA_PARTS = new Set(['image_url', 'video_url', 'input_audio']);

/** The parts in their order; `text` is a text or an object with `value`. */
export function readLibrechatContent(content: unknown, notes: NoteSet): LibrechatContent {
  const texts: (string | null)[] = [];
  const thoughts: (string | null)[] = [];
  const errors: string[] = [];
  const parts: unknown[] = [];
  const files: unknown[] = [];
  const attachments: ImportedAttachment[] = [];
  for (const each of asArray(content)) {
    if (typeof each === 'string') texts.push(each);
    const part = typeof each === 'string' ? undefined : takeObject(each, notes);
    if (!part) continue;
    const type = part['type'];
    if (type === 'text') texts.push(wordsOf(part, 'text'));
    else if (type === 'think' || type === 'reasoning') thoughts.push(thoughtOf(part));
    else if (type === 'error') errors.push(wordsOf(part, 'error') ?? wordsOf(part, 'text') ?? '');
    else if (type === 'image_file') files.push(part['image_file']);
    else {
      const isMedia = typeof type === 'string' && MEDIA_PARTS.has(type);
      const attachment = isMedia ? readMediaPart(part, notes) : null;
      if (attachment) attachments.push(attachment);
      else parts.push(part);
      if (!isMedia && (typeof type !== 'string' || !KNOWN_PARTS.has(type))) {
        notes.add('unknown_block');
      }
    }
  }
  const reasoning = joinParagraphs(thoughts);
  return {
    text: joinParagraphs(texts),
    reasoning: reasoning === '' ? null : reasoning,
    parts,
    files,
    attachments,
    errors: errors.filter((error) => error !== ''),
  };
}

/** Older versions wrote thoughts before the answer's text, as `:::thinking` up to `:::`. */
export function splitThinking(text: string): { text: string; reasoning: string | null } {
  const open = ':::thinking\n';
  const end = text.startsWith(open) ? text.indexOf('\n:::', open.length - 1) : -1;
  if (end === -1) return { text, reasoning: null };
  const reasoning = text.slice(open.length, end).trim();
  return { text: text.slice(end + 4).trim(), reasoning: reasoning === '' ? null : reasoning };
}

function thoughtOf(part: JsonObject): string | null {
  return wordsOf(part, 'think') ?? wordsOf(part, 'reasoning') ?? wordsOf(part, 'text');
}

function wordsOf(part: JsonObject, key: string): string | null {
  const value = member(part, key);
  return asText(value) ?? asText(member(value, 'value'));
}
