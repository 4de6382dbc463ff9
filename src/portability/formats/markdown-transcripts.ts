/**
 * Conversations that other programs wrote as Markdown, told apart by what their headings look like.
 * Where one message ends is a guess: an answer may hold a line like a heading. Lines in code fences are
 * none. Our own Markdown is marked with comments and not read here.
 */
import { MAX_CONVERSATION_MESSAGES } from '#domain/imported.ts';
import type { ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import type { TextFormat } from './format.ts';
import { splitThinking } from './read-content.ts';
import { readLocaleDate } from './read-locale-date.ts';
import { asText, readRole } from './read-value.ts';
import { skipped } from './skipped.ts';

/** How one program writes who speaks. */
interface HeadingStyle {
  readonly id: string;
  /** The first group is the speaker; what the second matched begins the message. */
  readonly pattern: RegExp;
  /** The text of a message stands in a code fence that is not part of it. */
  readonly isFenced: boolean;
}

const NAMES =
  'user|human|you|me|prompt|question|assistant|ai|bot|model|response|answer|system|tool|' +
  'chatgpt|gpt-?[\\w.]{0,12}|claude|gemini|deepseek|grok|copilot|mistral|le chat|perplexity|' +
  '사용자|나|질문|답변|어시스턴트|ユーザー|アシスタント|用户|助手|nutzer|assistent';

const STYLES: readonly HeadingStyle[] = [
  heading('numbered', `^#{2,4}\\s+\\d{1,6}\\.\\s+(${NAMES})\\s*:?\\s*$`, true),
  heading('level-four', `^####\\s+(${NAMES})\\s*:?\\s*$`),
  heading('level-three', `^###\\s+(${NAMES})\\s*:?\\s*$`),
  heading('level-two', `^##\\s+(${NAMES})\\s*:?\\s*$`),
  heading('bold', `^\\*\\*(${NAMES})\\s*(?::\\*\\*|\\*\\*\\s*:)(?:\\s+(.*))?$`),
];

function heading(id: string, pattern: string, isFenced = false): HeadingStyle {
  return { id, pattern: new RegExp(pattern, 'i'), isFenced };
}

/** One format a style of headings; the first one whose headings a text has is taken. */
export const markdownTranscriptFormats: readonly TextFormat[] = STYLES.map((style) => ({
  kind: 'text',
  id: `markdown-${style.id}`,
  source: 'markdown',
  matches: (head) => !head.includes('<!-- onggi:') && findStyle(head) === style,
  *read(text, { fileName }) {
    yield readTranscript(text, style, fileName);
  },
}));

/** What every style of headings begins a line with. */
const ANY_HEADING = /^(?:##|\*\*)/m;

/** The style of the first heading that names a person who asks or a program that answers. */
function findStyle(text: string): HeadingStyle | undefined {
  if (!ANY_HEADING.test(text)) return undefined;
  for (const { line, isCode } of linesOf(text)) {
    if (isCode) continue;
    const style = STYLES.find(({ pattern }) => pattern.test(line));
    if (style) return style;
  }
  return undefined;
}

interface Line {
  readonly line: string;
  /** Inside of a code fence, or its border. */
  readonly isCode: boolean;
}

function* linesOf(text: string): Iterable<Line> {
  let fence: string | null = null;
  for (let start = text.startsWith('\ufeff') ? 1 : 0; start <= text.length;) {
    const found = text.indexOf('\n', start);
    const end = found === -1 ? text.length : found;
    const line = text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end);
    start = end + 1;
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    const isBorder: boolean =
      mark !== null && (fence === null ? opensFence(mark) : closesFence(mark, fence));
    yield { line, isCode: fence !== null || isBorder };
    if (isBorder) fence = fence === null ? (mark?.[1] ?? null) : null;
  }
}

/** A line like "```a``` b" is code inside of a paragraph. */
function opensFence(mark: RegExpExecArray): boolean {
  return !(mark[1]?.startsWith('`') === true && mark[2]?.includes('`') === true);
}

function closesFence(mark: RegExpExecArray, fence: string): boolean {
  const [, run = '', rest = ''] = mark;
  // A run is of one character: one that begins with the whole fence is as long and of the same kind.
  return run.startsWith(fence) && rest.trim() === '';
}

function readTranscript(text: string, style: HeadingStyle, fileName: string): ReadItem {
  const notes = new Set<ImportNote>(['roles_guessed']);
  const { title, preamble, messages } = splitMessages(text, style);
  const name = (fileName.split(/[\\/]/).pop() ?? fileName).replace(/\.(md|markdown|txt)$/i, '');
  if (messages.length === 0) return skipped('empty_conversation', title ?? name);
  // Said here, before so many are made into more than lines.
  if (messages.length > MAX_CONVERSATION_MESSAGES) {
    return skipped('too_many_messages', title ?? name);
  }
  return buildConversation({
    source: 'markdown',
    sourceId: null,
    // The date of some is that of the export; a second download has a number behind its name.
    derivedFrom: title ?? name.replace(/ ?\(\d{1,3}\)$/, ''),
    title: title ?? asText(name),
    createdAt: findDate(preamble, notes),
    messages: messages.map(({ speaker, lines }) => toMessage(speaker, lines, style)),
    shape: 'chain',
    notes,
  });
}

interface SplitMessage {
  readonly speaker: string;
  readonly lines: string[];
}

function splitMessages(
  text: string,
  { pattern }: HeadingStyle,
): { title: string | null; preamble: readonly string[]; messages: readonly SplitMessage[] } {
  const preamble: string[] = [];
  const messages: SplitMessage[] = [];
  let title: string | null = null;
  for (const { line, isCode } of linesOf(text)) {
    const speaker = isCode ? null : pattern.exec(line);
    if (speaker) {
      messages.push({ speaker: speaker[1] ?? '', lines: [speaker[2] ?? ''] });
      // One more than are taken says that there are too many.
      if (messages.length > MAX_CONVERSATION_MESSAGES) break;
      continue;
    }
    const current = messages.at(-1);
    if (current) current.lines.push(line);
    else {
      title ??= isCode ? null : asText(/^#\s(.*)$/.exec(line)?.[1]?.trim());
      preamble.push(line);
    }
  }
  return { title, preamble, messages };
}

/** A line like `**Date**: 2026-11-22 15:04` before the first message. */
function findDate(lines: readonly string[], notes: Set<ImportNote>): number | null {
  for (const line of lines.slice(0, 50)) {
    const value = /^\W{0,6}(?:date|created|exported|날짜|日付|日期|datum)\W{1,6}(.{6,60})$/i.exec(
      line,
    )?.[1];
    const date = value === undefined ? undefined : readLocaleDate(value.replace(/[*_`]/g, ''));
    if (!date) continue;
    if (date.isZoneAssumed) notes.add('zone_assumed');
    return date.at;
  }
  return null;
}

const ASKING = /^(?:user|human|you|me|prompt|question|사용자|나|질문|ユーザー|用户|nutzer)$/i;

function toMessage(speaker: string, lines: readonly string[], style: HeadingStyle): MessageDraft {
  const known = readRole(speaker);
  const role = ASKING.test(speaker) ? 'user' : known.isKnown ? known.role : 'assistant';
  const body = trimMessage(lines);
  const text = style.isFenced ? unfence(body) : body;
  const thinking = role === 'assistant' ? splitThinking(text) : null;
  return {
    role,
    content: thinking?.content ?? text,
    reasoning: thinking?.reasoning ?? null,
    metadata: speaker.toLowerCase() === role ? {} : { source_role: speaker },
  };
}

/** Without empty lines at its ends and without the rule that stands before the next heading. */
function trimMessage(lines: readonly string[]): string {
  let start = 0;
  let end = lines.length;
  const isEmpty = (line: string | undefined) => line?.trim() === '';
  while (start < end && isEmpty(lines[start])) start += 1;
  while (end > start && isEmpty(lines[end - 1])) end -= 1;
  if (end > start && /^ {0,3}(?:-{3,}|\*{3,}|_{3,})\s*$/.test(lines[end - 1] ?? '')) end -= 1;
  while (end > start && isEmpty(lines[end - 1])) end -= 1;
  return lines.slice(start, end).join('\n');
}

/** The inside of a text that is one single code fence; any other text as it is. */
function unfence(text: string): string {
  const lines = text.split('\n');
  const marks = [...linesOf(text)];
  const closing = marks.findIndex(({ isCode }, index) => index > 0 && !isCode);
  const isOneFence = lines.length >= 2 && marks[0]?.isCode === true && closing < 0;
  const open = /^ {0,3}(`{3,}|~{3,})\s*(?:text|md|markdown|plain)?\s*$/.exec(lines[0] ?? '');
  const close = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(lines.at(-1) ?? '');
  return isOneFence && open && close ? lines.slice(1, -1).join('\n') : text;
}
