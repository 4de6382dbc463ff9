/** What searching Korean needs beyond substrings: words without their endings, and initial consonants. */

/**
 * Particles and endings that are cut from a word to find its other forms, longest first. A closed list:
 * a wrong cut finds too much, and what is found by it ranks below what was typed.
 */
const ENDINGS = [
  ...['했습니다만', '하였습니다', '했었습니다', '하겠습니다', '되었습니다', '이었습니다'],
  ...[
    '했습니다',
    '됐습니다',
    '합니다만',
    '하십시오',
    '하였으며',
    '이라고는',
    '으로부터',
    '에서부터',
  ],
  ...['했는데요', '하는데요', '할까요', '하세요', '합니다', '됩니다', '입니다', '습니다', '했어요'],
  ...['해주세요', '해줘요', '했는데', '하는데', '하면서', '하려면', '하려고', '하지만', '했다면'],
  ...['했지만', '했으면', '하도록', '하거나', '에서는', '에서도', '으로는', '으로도', '까지는'],
  ...['부터는', '에게서', '한테서', '이라는', '이라도', '이라고', '처럼은', '보다는', '만으로'],
  ...[
    '했던',
    '했다',
    '한다',
    '하다',
    '하고',
    '하며',
    '하면',
    '하는',
    '하기',
    '하게',
    '하지',
    '하자',
  ],
  ...[
    '해서',
    '해도',
    '해야',
    '해요',
    '해줘',
    '할게',
    '한테',
    '에게',
    '에서',
    '으로',
    '까지',
    '부터',
  ],
  ...[
    '처럼',
    '보다',
    '마다',
    '조차',
    '밖에',
    '이나',
    '이랑',
    '이며',
    '이고',
    '이다',
    '라고',
    '라는',
  ],
  ...[
    '라도',
    '되는',
    '되면',
    '되어',
    '돼요',
    '됐다',
    '된다',
    '되고',
    '들이',
    '들을',
    '들은',
    '들의',
  ],
  ...['에는', '에도', '과의', '와의', '였다', '인지', '인데', '이란', '같은', '적인', '적으로'],
  ...[
    '은',
    '는',
    '이',
    '가',
    '을',
    '를',
    '의',
    '에',
    '와',
    '과',
    '도',
    '만',
    '로',
    '들',
    '랑',
    '나',
  ],
  ...['한', '할', '함', '해', '된', '될', '됨', '인', '야', '요', '며', '고'],
].toSorted((a, b) => b.length - a.length);

/** Shortest word that is cut, and what must be left of it, in syllables. */
const MIN_WORD = 3;
const MIN_STEM = 2;

/**
 * A Korean word without its ending or particle: `검색하면` gives `검색`. Null where nothing is to be
 * cut: words of other scripts, of fewer than three syllables, without an ending of the list.
 */
export function stemOf(word: string): string | null {
  if (word.length < MIN_WORD || !/^[가-힣]+$/.test(word)) return null;
  const ending = ENDINGS.find(
    (each) => word.endsWith(each) && word.length - each.length >= MIN_STEM,
  );
  return ending === undefined ? null : word.slice(0, -ending.length);
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
