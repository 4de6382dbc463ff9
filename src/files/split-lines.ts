import { MAX_ELEMENT_CHARACTERS } from './limits.ts';

/** A line, or the fact that one was too long. */
export type TextLine = string | null;

/**
 * The lines of a text, without their ends (LF or CRLF) and without blank ones, many at a time: one
 * list a chunk. A line longer than `maxCharacters` is null.
 * @throws whatever `chunks` throws; the unfinished line is then not given.
 */
export async function* splitLines(
  chunks: AsyncIterable<string>,
  maxCharacters = MAX_ELEMENT_CHARACTERS,
): AsyncGenerator<readonly TextLine[]> {
  let held: string[] = [];
  let heldLength = 0;
  let isTooLong = false;

  function end(rest: string): readonly TextLine[] {
    const line = isTooLong ? null : held.join('') + rest;
    [held, heldLength, isTooLong] = [[], 0, false];
    if (line === null || line.length > maxCharacters) return [null];
    return line.trim() === '' ? [] : [line.endsWith('\r') ? line.slice(0, -1) : line];
  }

  for await (const chunk of chunks) {
    const lines: TextLine[] = [];
    let start = 0;
    for (let at = chunk.indexOf('\n'); at !== -1; at = chunk.indexOf('\n', start)) {
      lines.push(...end(chunk.slice(start, at)));
      start = at + 1;
    }
    heldLength += chunk.length - start;
    if (heldLength > maxCharacters) [held, isTooLong] = [[], true];
    else if (start < chunk.length) held.push(chunk.slice(start));
    if (lines.length > 0) yield lines;
  }
  const last = end('');
  if (last.length > 0) yield last;
}
