import type { ImportedAttachment } from '#domain/imported.ts';
import { joinParagraphs } from './compose-markdown.ts';
import { readBase64, readContent } from './read-content.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, asText, isObject, member, objectsOf } from './read-value.ts';
import type { JsonObject } from './read-value.ts';

/** What the items of an `output` list (OpenAI's Responses API) hold. */
export interface OutputItems {
  readonly text: string;
  readonly reasoning: string | null;
  /** Calls, their results and unknown items, as they came but for the bytes of pictures. */
  readonly parts: readonly unknown[];
  readonly attachments: readonly ImportedAttachment[];
}

/** Calls and results, which are parts that need no note; products put a prefix before their own. */
const CALL = /(_call|_call_output|:code_interpreter)$/;

/** The output in its order; nothing when it is no list. */
export function readOutputItems(output: unknown, notes: NoteSet): OutputItems {
  const texts: string[] = [];
  const thoughts: string[] = [];
  const parts: unknown[] = [];
  const attachments: ImportedAttachment[] = [];
  for (const item of objectsOf(output, notes)) {
    const type = item['type'];
    const picture = readPicture(item);
    if (type === 'message') {
      texts.push(textOf(item['content']));
      const others = readContent(asArray(item['content']).filter(isNoText), notes);
      texts.push(others.content);
      parts.push(...others.parts);
      attachments.push(...others.attachments);
    } else if (picture) {
      const { result: _bytes, ...call } = item;
      parts.push(call);
      attachments.push(picture);
    } else if (type === 'reasoning') thoughts.push(thoughtOf(item));
    else {
      parts.push(item);
      if (typeof type !== 'string' || !CALL.test(type)) notes.add('unknown_block');
    }
  }
  const reasoning = joinParagraphs(thoughts);
  return {
    text: joinParagraphs(texts),
    reasoning: reasoning === '' ? null : reasoning,
    parts,
    attachments,
  };
}

/** What is no words in a message: a picture, a file, something that nobody knows. */
function isNoText(part: unknown): boolean {
  return isObject(part) && typeof part['text'] !== 'string';
}

/** The picture that a call drew: bare base64, a PNG where the call says nothing else. */
function readPicture(item: JsonObject): ImportedAttachment | null {
  const bytes = item['type'] === 'image_generation_call' ? asText(item['result']) : null;
  const format = asText(item['output_format']) ?? 'png';
  return bytes === null ? null : readBase64(bytes, `image/${format}`, `image.${format}`);
}

/** The whole thoughts where they were given, else their summary. */
function thoughtOf(item: JsonObject): string {
  const whole = textOf(item['content']);
  return whole === '' ? textOf(item['summary']) : whole;
}

function textOf(parts: unknown): string {
  const pieces = asArray(parts).map((part) => asText(member(part, 'text')) ?? asText(part));
  return asText(parts) ?? joinParagraphs(pieces);
}
