/**
 * The tokenizer of the static embedder: from a text to the pieces of a fixed vocabulary. It gives what
 * `tokenizer.json` describes (NFKC, lower case, a mark before Latin words, punctuation apart, Unigram),
 * so that transformers.js and this file find the same pieces.
 */

/** Words that are kept with their pieces: natural text says the same words again and again. */
const KEPT_WORDS = 20_000;
/** Longer "words" (base64, minified code) are seldom met twice. */
const LONGEST_KEPT_WORD = 64;
/** What an unknown character costs: far more than any piece of the vocabulary. */
const UNKNOWN_PENALTY = 30;
/** Stands before every run of Latin letters, as in the vocabulary. */
const WORD_MARK = '\u2581';

/** Unicode punctuation, and the ASCII signs that count as it in BERT's splitting. */
const PUNCTUATION = String.raw`\p{P}\u0021-\u002F\u003A-\u0040\u005B-\u0060\u007B-\u007E`;
/** Runs of anything but white space and punctuation, and runs of punctuation. */
const WORDS = new RegExp(String.raw`[^\s${PUNCTUATION}]+|[${PUNCTUATION}]+`, 'gu');
const LATIN_WORD = /[a-z]+/g;

/** A vocabulary: piece and log probability by number. Number 0 stands for everything unknown. */
export interface Vocabulary {
  readonly pieces: readonly string[];
  readonly scores: Float32Array;
}

/** Gives the numbers of the pieces of a text, in order; what is unknown is left out. */
export type Tokenize = (text: string) => readonly number[];

/** The words of a text as the vocabulary knows them: normalised, lower case, marked, split. */
export function splitWords(text: string): readonly string[] {
  const marked = text.normalize('NFKC').toLowerCase().replace(LATIN_WORD, `${WORD_MARK}$&`);
  return marked.match(WORDS) ?? [];
}

/** Makes the tokenizer of a vocabulary. It remembers the words it has cut. */
export function createTokenizer({ pieces, scores }: Vocabulary): Tokenize {
  const numbers = new Map<string, number>();
  let longest = 1;
  pieces.forEach((piece, number) => {
    if (number === 0) return;
    numbers.set(piece, number);
    longest = Math.max(longest, piece.length);
  });
  const kept = new Map<string, readonly number[]>();

  function cut(word: string): readonly number[] {
    const known = kept.get(word);
    if (known) return known;
    const cutWord = findBestPieces(word, numbers, scores, longest);
    if (word.length <= LONGEST_KEPT_WORD) {
      if (kept.size >= KEPT_WORDS) kept.clear();
      kept.set(word, cutWord);
    }
    return cutWord;
  }

  return (text) => {
    const found: number[] = [];
    for (const word of splitWords(text)) for (const number of cut(word)) found.push(number);
    return found;
  };
}

/**
 * The likeliest way to write a word with pieces (Viterbi over its positions; Kudo, Subword
 * Regularization, 2018).
 */
function findBestPieces(
  word: string,
  numbers: ReadonlyMap<string, number>,
  scores: Float32Array,
  longest: number,
): readonly number[] {
  const { length } = word;
  /** Best log probability of the word up to a position, and the piece that ends there. */
  const best = new Float64Array(length + 1).fill(-Infinity);
  const beginsAt = new Int32Array(length + 1);
  const pieceAt = new Int32Array(length + 1);
  best[0] = 0;
  const offer = (from: number, to: number, piece: number, score: number): void => {
    if (score <= (best[to] ?? 0)) return;
    best[to] = score;
    beginsAt[to] = from;
    pieceAt[to] = piece;
  };
  for (let at = 0; at < length; at++) {
    const before = best[at] ?? -Infinity;
    // Between the halves of a surrogate pair nothing can end.
    if (before === -Infinity) continue;
    const characterEnd = at + ((word.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
    if (!numbers.has(word.slice(at, characterEnd))) {
      offer(at, characterEnd, 0, before - UNKNOWN_PENALTY);
    }
    for (let end = at + 1; end <= Math.min(length, at + longest); end++) {
      const piece = numbers.get(word.slice(at, end));
      if (piece !== undefined) offer(at, end, piece, before + (scores[piece] ?? 0));
    }
  }
  const found: number[] = [];
  for (let end = length; end > 0; end = beginsAt[end] ?? 0) {
    const piece = pieceAt[end] ?? 0;
    if (piece !== 0) found.push(piece);
  }
  return found.reverse();
}
