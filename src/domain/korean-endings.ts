/**
 * Particles and endings of Korean words: a closed list, for there is no dictionary here. A wrong cut finds too
 * much, and what is found by it ranks below what was typed.
 *
 * Written as grammars write them: the consonant that an ending puts under the syllable before it stands alone,
 * `ㅂ니다`, `ㄴ다`, `ㅆ어요`, and words are compared in the same way: `합니다` as `하ㅂ니다`.
 */

const FINALS = ' ㄱㄲㄳㄴㄵㄶㄷㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ';
const FIRST_SYLLABLE = 0xac00;

/** The final consonant of a syllable: empty where it has none, undefined for what is no Hangul syllable. */
function finalOf(syllable: string): string | undefined {
  if (!/^[가-힣]$/.test(syllable)) return undefined;
  return FINALS.charAt((syllable.charCodeAt(0) - FIRST_SYLLABLE) % FINALS.length).trim();
}

/** Every final consonant behind its syllable: `합니다` gives `하ㅂ니다`. What stands alone stays. */
function spellOut(text: string): string {
  return text.replace(/[가-힣]/g, (syllable) => {
    const final = finalOf(syllable) ?? '';
    const open = syllable.charCodeAt(0) - FINALS.indexOf(final || ' ');
    return String.fromCharCode(open) + final;
  });
}

/** @param sources Alternatives, spelled as in the head of this file. */
function toPattern(...sources: readonly string[]): RegExp {
  return new RegExp(`^(?:${spellOut(sources.join('|'))})$`);
}

/** Particles that may follow another one. */
const TOPIC = '(?:은|는|도|만|의)';
const CASE =
  '(?:에|에서|에서부터|에게|에게서|한테|한테서|께서|까지|부터|처럼|보다|마다|조차|마저|밖에|만큼|대로)';
const SHORT_CASE = '에선|에겐|한텐|까진|부턴';
const MANNER = '로(?:써|서|부터)?(?:는|도|만|의)?|론';
/** What follows an ending of the past: `었` + `습니다`. */
const AFTER_PAST =
  '(?:어ㅆ)?(?:' +
  '다(?:고|는|면|며|가|니)?|더(?:니|라|라고|라고요|라도|군요)|던|던데|던데요|던지|던가|습니다|습니다만|습니까|' +
  '어|어요|어도|어서|어야|는데|는데요|는데도|는지|는지도|는가|나|나요|냐|냐고|니|네|네요|지|지만|지요|죠|고|고요|' +
  '으면|으면서|으며|으니|으니까|으나|으므로|을|을까|을까요|을때|을지|을지도|을텐데|거나|거든|거든요|기|기에|' +
  '기때문에|음|음을|음에도|잖아|잖아요|구나|군요|답니다|대|대요|단)';
/** What follows a verb that ends in a vowel: `하` + `는데`. */
const AFTER_VOWEL =
  '고|고도|며|면|면서|면서도|면은|려고|려고요|려면|려는|려는데|러|니|니까|는|는데|는데요|는데도|는데는|는지|는지도|는지를|' +
  '는가|는가요|는걸|는게|는거|는것|던|던데|던가|지|지만|지도|지는|지요|지를|죠|자|자고|자마자|자면|거나|거든|거든요|' +
  '게|게끔|게도|기|기가|기는|기도|기를|기에|기에는|기로|기만|기까지|기때문에|기위해|긴|네|네요|나요|느라|다|다가|다가도|' +
  '다보니|다면|다는|다고|더니|더라|더라고|더라고요|더라도|더군요|도록|든|든지|라|라고|라는|라면|세요|셔서|시는|시고|' +
  '시면|신|실|십시오|잖아|잖아요|냐|냐고|므로|여|여서|여야|여도|구나|군|군요|듯|듯이|ㄴ다며';
const AFTER_N =
  '다|다고|다고요|다는|다면|다며|다면서|다니|데|데요|지|지도|가|가요|것|것은|것이|것을|건|걸|게|거|대|대요';
const AFTER_L =
  '까|까요|까봐|게|게요|지|지도|지를|때|때는|때마다|땐|수|수록|것|거|거야|거예요|건|걸|래|래요|려고|만한|뿐|뿐만|' +
  '텐데|테니|테니까|줄';
const AFTER_B = '니다|니다만|니까|시다|시오';
/** What does something for somebody, or tries it: `해` + `주세요`. */
const HELPING =
  '줘|줘요|주세요|주는|주고|주면|주신|주실|주시면|준|줄|줄래|줄래요|줄까|줄까요|봐|봐요|봐도|봐야|보고|보면|보니|' +
  '보니까|보세요|보는|보자|본|볼|볼까|볼까요|두고|두면|둔|놓고|놓은|드려요|드릴게요|드립니다|달라고|달라는';
/** What follows `해`. */
const AFTER_E = `요|서|서요|서는|서도|도|도요|야|야지|야죠|야만|야하는|라|${HELPING}`;

/** `하다`, `되다` and what is made with them, behind a noun. */
const DOING = toPattern(
  `(?:하|되|시키|당하|하시|되시)(?:${AFTER_VOWEL}|ㄴ(?:${AFTER_N})?|ㄹ(?:${AFTER_L})?|ㅂ(?:${AFTER_B})|ㅁ)`,
  `(?:하|되|시키|당하)게ㅆ${AFTER_PAST}`,
  `(?:해|하여|되어|시켜|당해|하셔)(?:${AFTER_E})?`,
  `돼(?:요|서|서요|서는|도|야|야지|야죠|라)?`,
  `(?:해|하여|돼|되어|시켜|당해|하셔|되셔|해보아|해봐|해줘|해놔|해둬|해버려|해드려|해져)ㅆ(?:${AFTER_PAST})?`,
  `해(?:지는|지고|지면|지지|진|질|집니다|져|져서|져요)`,
);

/** `이다`, behind a noun. */
const BEING = toPattern(
  '이(?:다|고|고요|며|라고|라고는|라는|란|라서|라면|라도|니까|지만|죠|지요|에요|네요|던|거나|거든요|' +
    `잖아요|구나|군요|든|든지|나|ㄴ|ㄴ데|ㄴ데요|ㄴ지|ㄴ지도|ㄴ가|ㄴ가요|ㄹ까|ㄹ까요|ㄹ지|ㄹ지도|ㄹ때|ㅂ니다|ㅂ니까|어ㅆ${AFTER_PAST})`,
  `(?:여|이)ㅆ${AFTER_PAST}`,
  '라고|라고요|라고는|라는|라도|라서|예요|에요|적인|적으로|적이고|적이다|적이며|적이라|적입니다',
);

const FREE =
  `의|도|만|만(?:은|이|을|도|의|에|으로|으로도)|야|요|며|고|같은|같이|${CASE}${TOPIC}?|${SHORT_CASE}|` +
  `들(?:이|은|을|의|도|만|과|과의|로|이나|이랑|에게|에게는|에게서|에서|에서는|까지|부터|처럼|보다|한테)?`;
const BEHIND_CONSONANT = `이|은|을|과${TOPIC}?|으${MANNER}|으론|이나|이랑|이랑은`;
const BEHIND_VOWEL = `가|는|를|와${TOPIC}?|나|랑|${MANNER}`;

/** Particles, by what the noun before them ends in; behind `ㄹ` stands `로` as behind a vowel. */
const PARTICLE_BEHIND = {
  consonant: toPattern(FREE, BEHIND_CONSONANT),
  liquid: toPattern(FREE, BEHIND_CONSONANT, MANNER),
  vowel: toPattern(FREE, BEHIND_VOWEL),
  /** Nobody can see how it is read: `API`, `3`. */
  unknown: toPattern(FREE, BEHIND_CONSONANT, BEHIND_VOWEL),
};

/** Endings of any other verb. The first syllable of some is the last of the verb: `기다렸어요` is `기다` + `려ㅆ어요`. */
const VERB = toPattern(
  `[가-힣]ㅆ${AFTER_PAST}`,
  `[가-힣]ㅂ(?:${AFTER_B})`,
  '[가-힣]ㄹ(?:까|까요|게|게요|래요|수록|텐데|때)',
  '[가-힣]ㄴ(?:다|다고|다는|다면|데|데요|가요)',
  '는데|는데요|는데도|는지|는지도|는지를|는가|는걸|는게|는거|는다|는다고|는다는|는다면|는다며|는다면서|' +
    '네요|나요|더니|더라|더라고요|더라도|던데|도록|자마자|잖아|잖아요|거든|거든요|거나|든지|지요|죠|' +
    '세요|십시오|면서|려고|려면|려는|려는데|니까|으면|으면서|으려고|으려면|으려는|으니|으니까|으며|으므로|으세요|으십시오|' +
    '을까|을까요|을게요|을래요|을지|을지도|을수록|을텐데|어요|아요|어서|아서|어야|아야|' +
    '줘|줘요|주세요|주실|주시면|줄래|줄래요|줄까요|드려요|드릴게요|드립니다|봐요|보세요|볼까요',
  `주게ㅆ${AFTER_PAST}`,
);

/** More of both, behind a consonant only: `지만` of `어렵지만` and `이지` of `일정이지`, not those of `이미지만` and `홈페이지`. */
const BEHIND_ANY_CONSONANT = toPattern('지만|다면|다고|다는|다가|는|이(?:면|라|니|지|네|야|요)');
/** Behind the past, `있` and `없`. */
const BEHIND_PAST = toPattern(AFTER_PAST);

/**
 * Whether a word may be what is left of one that ended in `ending`.
 * @param head Not empty. @param ending Hangul syllables, at least one.
 */
export function isEndingOf(head: string, ending: string): boolean {
  const spelled = spellOut(ending);
  const final = finalOf(head.at(-1) ?? '');
  if (DOING.test(spelled) || BEING.test(spelled)) return true;
  if (final === undefined) return PARTICLE_BEHIND.unknown.test(spelled);
  if (VERB.test(spelled) || (final !== '' && BEHIND_ANY_CONSONANT.test(spelled))) return true;
  if (/[ㅆㅄ]/.test(final) && BEHIND_PAST.test(spelled)) return true;
  const behind = final === '' ? 'vowel' : final === 'ㄹ' ? 'liquid' : 'consonant';
  return PARTICLE_BEHIND[behind].test(spelled);
}
