/**
 * Markdown as one line to read, for places where nothing is rendered: the marks that only say how a text
 * looks are left out, and every unit knows where it went.
 */

/** `[start, end)` in UTF-16 units. */
export type Stretch = readonly [start: number, end: number];

export interface ReadableText {
  readonly text: string;
  /** Where a place of the source is in `text`; what was left out is where it would be. */
  readonly toReadable: (at: number) => number;
}

/** Source that is shown as something else, most often as nothing. Those of one `mark` go or stay together. */
interface Edit {
  readonly start: number;
  readonly end: number;
  readonly put: string;
  readonly mark: number;
}

/** Text without markup: only white space becomes single spaces. */
export function plainToLine(source: string): ReadableText {
  return rewrite(source, []);
}

/**
 * Markdown as a line. It goes by lines, as far as they tell; what is no clear markup stays as it is.
 * @param kept Stretches of which something must be seen: one that is nothing but markup, such as part of
 * an address, keeps that markup.
 * @param fence Of the block of code that the source begins in; see {@link fenceAt}.
 */
export function markdownToLine(
  source: string,
  kept: readonly Stretch[] = [],
  fence?: string,
): ReadableText {
  const edits = findMarkup(source, fence).sort((a, b) => a.start - b.start || a.end - b.end);
  const lost = kept.filter((stretch) => isCovered(stretch, edits));
  const staying = new Set(
    edits
      .filter(({ start, end }) => lost.some(([from, to]) => start < to && from < end))
      .map(({ mark }) => mark),
  );
  return rewrite(
    source,
    edits.filter(({ mark }) => !staying.has(mark)),
  );
}

/** The fence of the block of code that a place of Markdown is in; undefined outside of one. */
export function fenceAt(source: string, at: number): string | undefined {
  let fence: string | undefined;
  for (const { 0: line } of source.slice(0, at).matchAll(FENCE_LINES))
    fence = nextFence(fence, line);
  return fence;
}

const FENCE_LINES = /^ {0,3}(?:`{3,}|~{3,}).*$/gm;
const FENCE = /^ {0,3}(`{3,}|~{3,})(.*)$/;

/** The fence that is open after a line. */
function nextFence(open: string | undefined, line: string): string | undefined {
  const [, run, rest = ''] = FENCE.exec(line) ?? [];
  if (run === undefined) return open;
  if (open === undefined) return run;
  return run.startsWith(open) && rest.trim() === '' ? undefined : open;
}

function isCovered([from, to]: Stretch, edits: readonly Edit[]): boolean {
  let at = from;
  for (const { start, end } of edits) if (start <= at && end > at) at = end;
  return at >= to;
}

function rewrite(source: string, edits: readonly Edit[]): ReadableText {
  const places = new Uint32Array(source.length + 1);
  let text = '';
  let next = 0;
  for (let at = 0; at < source.length;) {
    const edit = edits[next];
    if (edit && edit.start <= at) {
      next += 1;
      if (edit.end <= at) continue;
      places.fill(text.length, at, edit.end);
      if (edit.put !== '') write(edit.put);
      at = edit.end;
      continue;
    }
    places[at] = text.length;
    write(source.charAt(at));
    at += 1;
  }
  /** White space only between other signs, and once. */
  function write(piece: string): void {
    for (const sign of piece) {
      if (!/\s/.test(sign)) text += sign;
      else if (text !== '' && !text.endsWith(' ')) text += ' ';
    }
  }
  const line = text.trimEnd();
  places[source.length] = line.length;
  return { text: line, toReadable: (at) => Math.min(places[at] ?? line.length, line.length) };
}

/** A line of hyphens and pipes below the head of a table. */
const TABLE_RULE = /^\s*\|?(?:\s*:?-+:?\s*\|)+\s*(?::?-+:?\s*)?$/;
/** A rule across the page, or what makes the line above a heading. */
const RULE = /^ {0,3}(?:(?:\*[ \t]*){3,}|(?:-[ \t]*){3,}|(?:_[ \t]*){3,}|=+[ \t]*)$/;

function findMarkup(source: string, fenceBefore: string | undefined): Edit[] {
  const edits: Edit[] = [];
  let mark = 0;
  const leaveOut = (from: number, to: number): void => {
    edits.push({ start: from, end: to, put: '', mark });
  };
  let fence = fenceBefore;
  let start = 0;
  for (const line of source.split('\n')) {
    const end = start + line.length;
    mark += 1;
    const after = nextFence(fence, line);
    if (after !== fence) leaveOut(start, end);
    else if (fence === undefined) {
      if (RULE.test(line) || TABLE_RULE.test(line)) leaveOut(start, end);
      else mark = findInLine(line, start, mark, edits);
    }
    fence = after;
    start = end + 1;
  }
  return edits;
}

/** What stands before the text of a line: quote marks, then a heading's or a list's sign. */
const PREFIX = /^(\s*(?:>[ \t]?)*)(?:(#{1,6}[ \t]+)|([*+-])(?=[ \t])[ \t]+(\[[ xX]\][ \t]+)?)?/;

/** @returns the number of the last mark */
function findInLine(line: string, offset: number, lastMark: number, edits: Edit[]): number {
  let mark = lastMark;
  const leaveOut = (start: number, end: number, put = ''): void => {
    if (end > start) edits.push({ start: offset + start, end: offset + end, put, mark });
  };
  const [, quotes = '', heading = '', bullet, task = ''] = PREFIX.exec(line) ?? [];
  leaveOut(0, quotes.length);
  leaveOut(quotes.length, quotes.length + heading.length);
  if (heading !== '') {
    const [tail = ''] = /[ \t]+#+[ \t]*$/.exec(line) ?? [];
    leaveOut(line.length - tail.length, line.length);
  }
  if (bullet !== undefined) {
    leaveOut(quotes.length, quotes.length + 1, '•');
    const [whole = ''] = PREFIX.exec(line) ?? [];
    leaveOut(whole.length - task.length, whole.length);
  }

  /** The line with what is not to be looked at again crossed out. */
  let rest = line;
  const crossOut = (start: number, end: number): void => {
    rest = `${rest.slice(0, start)}${'\0'.repeat(end - start)}${rest.slice(end)}`;
  };
  const prefixLength = bullet === undefined ? 0 : quotes.length + 1;
  crossOut(0, prefixLength);

  for (const match of rest.matchAll(/(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)/g)) {
    const { 0: whole, 1: ticks = '', index } = match;
    mark += 1;
    leaveOut(index, index + ticks.length);
    leaveOut(index + whole.length - ticks.length, index + whole.length);
    crossOut(index, index + whole.length);
  }
  for (const { index } of rest.matchAll(/\\[!-/:-@[-`{-~]/g)) {
    mark += 1;
    leaveOut(index, index + 1);
    crossOut(index, index + 2);
  }
  for (const pattern of [IMAGE, LINK]) {
    for (const { 0: whole, 1: open = '', 2: label = '', index } of rest.matchAll(pattern)) {
      mark += 1;
      const labelEnd = index + open.length + label.length;
      leaveOut(index, index + open.length);
      leaveOut(labelEnd, index + whole.length);
      crossOut(index, index + open.length);
      crossOut(labelEnd, index + whole.length);
    }
  }
  for (const { 0: whole, index } of rest.matchAll(/<(?:https?:|mailto:)[^<>\s]+>/g)) {
    mark += 1;
    leaveOut(index, index + 1);
    leaveOut(index + whole.length - 1, index + whole.length);
    crossOut(index, index + whole.length);
  }
  for (const { 0: whole, index } of rest.matchAll(/<br\s*\/?>/gi)) {
    mark += 1;
    leaveOut(index, index + whole.length, ' ');
  }
  if (/^\s*(?:>[ \t]?)*\|/.test(line)) {
    const pipes = [...rest.matchAll(/\|/g)].map(({ index }) => index);
    const last = line.trimEnd().length - 1;
    for (const [at, place] of pipes.entries()) {
      mark += 1;
      leaveOut(place, place + 1, at === 0 || place === last ? '' : '·');
    }
  }
  for (const { open, close, length } of pairRuns(rest)) {
    mark += 1;
    leaveOut(open, open + length);
    leaveOut(close, close + length);
  }
  return mark;
}

/** A label may hold one pair of brackets, an address one pair of round ones. */
const IMAGE = /(!\[)((?:[^[\]]|\[[^[\]]*\])*)\]\(((?:[^()]|\([^()]*\))*)\)/g;
const LINK = /(\[)((?:[^[\]]|\[[^[\]]*\])+)\]\(((?:[^()]|\([^()]*\))*)\)/g;

interface Pair {
  readonly open: number;
  readonly close: number;
  readonly length: number;
}

/** Runs of `*`, `_` and `~~` that stand around something, as CommonMark pairs them (section 6.2). */
function pairRuns(line: string): readonly Pair[] {
  const pairs: Pair[] = [];
  /** Runs that may begin something; what of them is not used up yet. */
  const opened: { readonly sign: string; readonly start: number; length: number }[] = [];
  for (const { 0: run, index } of line.matchAll(/\*+|_+|~~/g)) {
    const sign = run.charAt(0);
    const [before, after] = [line.charAt(index - 1), line.charAt(index + run.length)];
    const isWithinWord = sign === '_' && isOfWord(before) && isOfWord(after);
    const canClose = before !== '' && !/\s/.test(before) && !isWithinWord;
    const canOpen = after !== '' && !/\s/.test(after) && !isWithinWord;
    let [from, length] = [index, run.length];
    while (canClose && length > 0) {
      const at = opened.findLastIndex((each) => each.sign === sign);
      const opener = opened[at];
      if (!opener) break;
      const used = Math.min(opener.length, length, 2);
      pairs.push({ open: opener.start + opener.length - used, close: from, length: used });
      opener.length -= used;
      opened.length = opener.length === 0 ? at : at + 1;
      from += used;
      length -= used;
    }
    if (canOpen && length > 0) opened.push({ sign, start: from, length });
  }
  return pairs;
}

const isOfWord = (sign: string): boolean => /[\p{L}\p{N}]/u.test(sign);
