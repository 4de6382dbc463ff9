import { expect, test } from 'vitest';
import { stemOf } from '#domain/korean-search.ts';

/** Words of tests/bench/quality/conversations.tsv and of public Korean questions, with what finds their other forms. */
const STEMS: Readonly<Record<string, string>> = {
  nouns:
    '돼지고기와 돼지고기|김치찌개를 김치찌개|전입신고와 전입신고|강아지가 강아지|외출부터 외출|장난감이 장난감|' +
    '파이썬에서 파이썬|사무실에서 사무실|연말정산에서 연말정산|아기에게 아기|팀원들에게 팀원|친구들과 친구|' +
    '사람들한테 사람|친구들이랑 친구|사람들도 사람|컴포넌트에서만 컴포넌트|렌더링에서의 렌더링|부모로부터 부모|' +
    '실제로는 실제|순서대로 순서|자신만의 자신|지하철에서 지하철|퍼센트까지만 퍼센트|사장님께서 사장님|서울로 서울|3월에 3월',
  being:
    '독감일까요 독감|일정이니 일정|무엇이든 무엇|사람이었어요 사람|하루였어 하루|생일이네 생일|걱정이야 걱정|' +
    '누구일까요 누구|언제였는지 언제|안정적이고 안정|지역적으로 지역|모습이네요 모습',
  doing:
    '배포했어 배포|배포했더니 배포|배포하니까 배포|연결되지 연결|연결했더니 연결|항의했어요 항의|연습하고 연습|' +
    '인사하지 인사|유지하면서 유지|유지됩니다 유지|정리하세요 정리|추천합니다 추천|일하니까 일하|시작하기에 시작|' +
    '실행돼요 실행|실행합니다 실행|실행되어야 실행|변경되지 변경|업데이트되지 업데이트|사용하여 사용|사용하므로 사용|' +
    '사랑한다고 사랑|필요한가 필요|확인해줄래 확인|삭제해줄 삭제|삭제시켜줘 삭제|작동하는지 작동|계산할게요 계산|' +
    '건조하니 건조|침해당하기 침해|사용하셔도 사용|걱정돼요 걱정|응원했지만 응원|복구되었니 복구|클릭했을 클릭',
  verbs:
    '먹었어요 먹었|먹었어 먹었|먹었더니 먹었|만들었습니다 만들|만들었어 만들|만들려면 만들|만들어서 만들|' +
    '기다렸어요 기다|기다린다 기다|헤어졌습니다 헤어|헤어졌는데 헤어|바뀌었어요 바뀌|모르겠어요 모르|모르겠지만 모르|' +
    '힘들지만 힘들|다녀왔어 다녀|떨어졌어 떨어|알려주세요 알려|알려줘 알려|보여줄래 보여|지워졌는지 지워|알려주겠니 알려|' +
    '배우려면 배우|구하려는데 구하|싸웠는데 싸웠|있었으면 있었|괜찮아요 괜찮|그렇다면 그렇|가르칩니다 가르|들어왔다 들어|' +
    '맛있는 맛있|부탁드립니다 부탁|끊겨요 끊겨|짖는다고 짖는',
  mixed:
    'api를 api|pdf로 pdf|react에서 react|next.js가 next.js|etf에 etf|dict.fromkeys로 dict.fromkeys|explain으로 explain|' +
    'docker로 docker|html이 html|api는 api|ui만의 ui|deploy했어 deploy|merge하면 merge|hook입니다 hook|c++로 c++|' +
    '2024년에는 2024년|5개를 5개|xlookup이나 xlookup|api서버에서 api서버',
  sentences:
    '짖나요? 짖나|했습니다. 했습니다|걱정돼요. 걱정|괜찮습니다. 괜찮|시작하죠? 시작|연습하세요! 연습|컴포넌트에서는, 컴포넌트|' +
    'api를? api|bark? bark|메모리… 메모리|データ。 データ|친구~ 친구',
};

test.each(
  Object.values(STEMS)
    .flatMap((words) => words.split('|'))
    .map((pair) => pair.split(' ') as [string, string]),
)('%s is looked for as %s too', (word, stem) => {
  expect(stemOf(word)).toBe(stem);
});

// A syllable of a noun that looks like an ending is none: what it left would be found everywhere.
test.each([
  ['강아지만', '강아지'],
  ['이미지만', '이미지'],
  ['캐나다는', '캐나다'],
  ['소아과는', '소아과'],
  ['정형외과도', '정형외과'],
  ['교통사고도', '교통사고'],
  ['아기돼지는', '아기돼지'],
  ['한국어도', '한국어'],
  ['메일함에', '메일함'],
  ['고양이를', '고양이'],
  ['강아지도', '강아지'],
  ['이야기가', '이야기'],
])('%s is cut to %s and no further', (word, stem) => {
  expect(stemOf(word)).toBe(stem);
});

test.each([
  ...[
    '김치찌개',
    '보고서',
    '토요일',
    '홈페이지',
    '사용자',
    '데이터',
    '오토바이',
    '성형외과',
    '어떻게',
  ],
  // One syllable or letter, or a number, would be found everywhere.
  ...['했습니다', '갔다', '나는', '10을', 'c를', '猫?', 'a?', '18에'],
  ...['search', 'c++', 'f()', '?!', '...', '👍을', '10:30', '3.14', ''],
])('%j stays as it is', (word) => {
  expect(stemOf(word)).toBe(null);
});
