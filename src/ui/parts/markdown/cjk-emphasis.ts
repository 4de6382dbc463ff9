import { Tokenizer } from 'marked';
import type { Tokens } from 'marked';

/*
 * [Note: Emphasis beside Chinese, Japanese and Korean]
 * CommonMark lets `**` close after a punctuation mark only before a space or another mark, which suits
 * scripts with spaces between words: in `**말(괄호)**는` the asterisks stay to be seen. So a character of
 * these scripts beside a run of `*` or `~` counts as a mark where a mark stands on the other side of the
 * run, and marks of these scripts count as letters else. This is the rule of the "CJK-friendly
 * amendments" to CommonMark (tats-u/markdown-cjk-friendly, specification.md, section 6.2). `_` keeps its
 * own rule.
 */

/** Wide, narrow and half-wide characters of the three scripts with their marks; no space, no emoji. */
const CJK =
  /^(?!\p{Emoji_Presentation})[\u1100-\u11ff\u20a9\u2329\u232a\u2e80-\u2fff\u3001-\ua4cf\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe10-\ufe1f\ufe30-\ufe6f\uff01-\uffee\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1f200}-\u{1f2ff}\u{20000}-\u{3fffd}]/u;
/** As `marked` sees marks beside `*`, where `~` is none. */
const MARK = /^(?!~)[\p{P}\p{S}]/u;

const isCjk = (sign: string): boolean => CJK.test(sign);
/**
 * The text in which `marked` looks for what closes emphasis, with the characters beside runs exchanged;
 * as long as before. See [Note: Emphasis beside Chinese, Japanese and Korean].
 */
export function maskCjk(text: string): string {
  const units = text.split('');
  for (const { 0: run, index } of text.matchAll(/\*+|~+/g)) {
    const end = index + run.length;
    const before = /.$/su.exec(text.slice(Math.max(0, index - 2), index))?.[0] ?? '';
    const after = firstSign(text.slice(end, end + 2));
    // A lone character between two runs serves the second one: what opens is not read here.
    if (isCjk(before)) units.fill(standIn(after), index - before.length, index);
    if (isCjk(after)) units.fill(standIn(before), end, end + after.length);
  }
  return units.join('');
}

/** What stands for a character beside a run, by the sign on the other side of it. */
const standIn = (opposite: string): string => (MARK.test(opposite) && !isCjk(opposite) ? '"' : 'a');

const firstSign = (text: string): string => /^./su.exec(text)?.[0] ?? '';

/** Lets `*`, `**` and `~~` open beside characters of these scripts, where `marked` looks at the text itself. */
export class CjkTokenizer extends Tokenizer {
  override emStrong(
    text: string,
    masked: string,
    before = '',
  ): Tokens.Em | Tokens.Strong | undefined {
    return super.emStrong(text, masked, text.startsWith('_') ? before : letOpen(text, before));
  }

  override del(text: string, masked: string, before = ''): Tokens.Del | undefined {
    return super.del(text, masked, letOpen(text, before));
  }
}

/** What `marked` is told to stand before a run: nothing, where that lets the run open. */
function letOpen(text: string, before: string): string {
  const after = /^(?:\*+|~+)(.)/su.exec(text.slice(0, LONGEST_RUN))?.[1] ?? '';
  return isCjk(before) || (isCjk(after) && !/[*~]/.test(before)) ? '' : before;
}

/** In characters; no longer run is looked beyond. */
const LONGEST_RUN = 16;
