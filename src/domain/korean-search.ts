/** What searching Korean needs beyond substrings: words without their endings, and initial consonants. */
import { isEndingOf } from './korean-endings.ts';

/** What must be left of a word that is cut, in characters. */
const MIN_STEM = 2;
/** No ending is longer, in syllables. */
const MOST_ENDING = 12;
/** What ends a sentence, folded. */
const SENTENCE_END = /[.,!?…~。、]+$/;

/** Whether this is enough to look for: something to read, and more than one syllable or letter. */
function isStem(text: string): boolean {
  return text.length >= MIN_STEM && /\p{L}|\d{3}/u.test(text);
}

/**
 * A word without what ends its sentence and without its Korean ending or particle: `검색하면` and `검색했어요?`
 * give `검색`, `API를` gives `API`, `bark?` gives `bark`. Null where nothing is to be cut: without an ending of
 * the list, or where too little would be left.
 */
export function stemOf(word: string): string | null {
  const bare = word.replace(SENTENCE_END, '');
  // As much as can be cut.
  const ending = /[가-힣]*$/.exec(bare.slice(-MOST_ENDING))?.[0] ?? '';
  for (let at = Math.max(MIN_STEM, bare.length - ending.length); at < bare.length; at += 1) {
    const stem = bare.slice(0, at);
    if (isStem(stem) && isEndingOf(stem, bare.slice(at))) return stem;
  }
  return bare !== word && isStem(bare) ? bare : null;
}

const INITIALS = 'ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ';
const FIRST_SYLLABLE = 0xac00;
const SYLLABLES_PER_INITIAL = 588;

/** The initial consonant of every syllable, everything else as it is: `검색 API` gives `ㄱㅅ API`. */
export function initialsOf(text: string): string {
  return text.replace(/[가-힣]/g, (syllable) =>
    INITIALS.charAt(Math.floor((syllable.charCodeAt(0) - FIRST_SYLLABLE) / SYLLABLES_PER_INITIAL)),
  );
}

/** Two consonants that a keyboard may join where no vowel follows: none of them begins a syllable. */
const JOINED: Readonly<Record<string, string>> = {
  ㄳ: 'ㄱㅅ',
  ㄵ: 'ㄴㅈ',
  ㄶ: 'ㄴㅎ',
  ㄺ: 'ㄹㄱ',
  ㄻ: 'ㄹㅁ',
  ㄼ: 'ㄹㅂ',
  ㄽ: 'ㄹㅅ',
  ㄾ: 'ㄹㅌ',
  ㄿ: 'ㄹㅍ',
  ㅀ: 'ㄹㅎ',
  ㅄ: 'ㅂㅅ',
};

/**
 * What finds a word that is made of initial consonants alone in {@link initialsOf} a title, spaces between its
 * words passed over: people type `ㅇㄹㅎㄱ` for `여름 휴가`. Null for any other word.
 */
export function toInitialsPattern(word: string): RegExp | null {
  if (!/^[ㄱ-ㅎ]+$/.test(word)) return null;
  const initials = word.replace(/./g, (each) => JOINED[each] ?? each);
  return new RegExp(initials.replace(/.(?=.)/g, '$&\\s*'));
}
