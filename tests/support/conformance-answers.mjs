/**
 * What `echo` says. Every answer depends on the messages alone, and every one but a title says
 * that it comes from a test server: nothing here may be taken for a model.
 */
import { readFileSync } from 'node:fs';
import { languageOf, oneLine, textOf } from './conformance-text.mjs';

/** @typedef {import('./conformance-text.mjs').Language} Language */
/** @typedef {{ role: string, content?: unknown }} Message */

/** @param {string} name  a file of `frames/` */
const readRecording = (name) =>
  readFileSync(new URL(`./frames/${name}`, import.meta.url), 'utf8').trimEnd();

/** @type {Record<Language, string>} */
const RECORDING_BY_LANGUAGE = {
  ko: readRecording('answer-ko.md'),
  en: readRecording('answer-en.md'),
  ja: readRecording('answer-ja.md'),
  zh: readRecording('answer-zh.md'),
};
const CODE_RECORDING = { ko: readRecording('code-ko.md'), en: readRecording('code-en.md') };

/** An answer with every construct of Markdown that the app shows. */
export const MARKDOWN_ANSWER = readRecording('markdown-all.txt');

/**
 * Markup that must neither run nor load anything. Its remote addresses lead to `/__elsewhere` of
 * the test server, whose log shows what was fetched; its scripts would set `__onggiPwned`.
 * @type {(origin: string) => string}
 */
export const hostileAnswer = (origin) =>
  readRecording('hostile.txt').replaceAll('{{elsewhere}}', `${origin}/__elsewhere`);

/** @type {[RegExp, Language][]} */
const LANGUAGE_HINTS = [
  [/\bkorean\b|한국어|김치|옹기|韓国語|韩语/i, 'ko'],
  [/\bjapanese\b|日本語|일본어|日语/i, 'ja'],
  [/\bchinese\b|中文|중국어|中国語/i, 'zh'],
  [/\benglish\b|영어|英語|英语/i, 'en'],
];
const CODE_HINT = /typescript|타입스크립트|python|파이썬/i;
const DEMO_HINT = /\bdemo\b|\bmarkdown\b|데모|마크다운|デモ|演示/i;

/** @type {(question: string) => string | undefined} */
const findRecording = (question) => {
  const language = languageOf(question);
  if (CODE_HINT.test(question)) return CODE_RECORDING[language === 'ko' ? 'ko' : 'en'];
  const hinted = LANGUAGE_HINTS.find(([hint]) => hint.test(question))?.[1];
  if (hinted) return RECORDING_BY_LANGUAGE[hinted];
  return DEMO_HINT.test(question) ? RECORDING_BY_LANGUAGE[language] : undefined;
};

/** @type {Record<Language, (quote: string, length: number, turn: number) => string>} */
const ECHO = {
  ko: (quote, length, turn) => `시험 서버가 받은 말은 이것입니다.

> ${quote}

모두 ${length}자이고, 이 대화의 **${turn}번째** 말입니다. 같은 말을 보내면 언제나 같은 답이 옵니다.

이 문단은 글자가 흘러오는 모습을 볼 수 있도록 붙인 것입니다. 멈추기, 다시 만들기, 고쳐 보내기를 마음껏 눌러 보세요.

_(시험 서버에 녹화된 답입니다)_`,
  en: (quote, length, turn) => `This is what reached the test server:

> ${quote}

It has ${length} characters and is message **${turn}** from you in this conversation. The same words always get the same answer.

This paragraph is here so that there is something to watch while it streams. Stop it, regenerate it, or edit your message as you like.

_(recorded answer of the test server)_`,
  ja: (quote, length, turn) => `テスト用サーバーに届いた言葉は次のとおりです。

> ${quote}

全部で${length}文字、この会話の**${turn}番目**の言葉です。同じ言葉にはいつも同じ答えが返ります。

この段落は、文字が流れてくる様子を見るためのものです。停止や再生成を自由に試してください。

_(テスト用サーバーに録画された回答です)_`,
  zh: (quote, length, turn) => `测试服务器收到的内容是：

> ${quote}

一共 ${length} 个字，是这次对话里您的**第 ${turn} 条**消息。同样的话总会得到同样的回答。

这一段是为了让您看到文字逐渐出现的样子。请随意停止、重新生成或修改。

_（测试服务器录制的回答）_`,
};

/** @type {Record<Language, (topic: string, count: number) => string>} */
const SUMMARY = {
  ko: (topic, count) =>
    `이 대화는 "${topic}"(으)로 시작해 메시지 ${count}개로 이어졌습니다. 이 요약은 시험 서버에 녹화된 답입니다.`,
  en: (topic, count) =>
    `The conversation began with "${topic}" and has ${count} messages. This summary is a recorded answer of the test server.`,
  ja: (topic, count) =>
    `この会話は「${topic}」で始まり、メッセージは${count}件です。この要約はテスト用サーバーに録画された回答です。`,
  zh: (topic, count) =>
    `这次对话从“${topic}”开始，共有 ${count} 条消息。这段摘要是测试服务器录制的回答。`,
};

/** @type {Record<Language, string>} */
const CONTINUATION = {
  ko: ' 멈춘 곳에서 이어서 씁니다. 하나, 둘, 셋, 넷, 다섯, 여섯, 일곱, 여덟, 아홉, 열. 여기까지가 이어 쓴 부분입니다. _(시험 서버에 녹화된 답입니다)_',
  en: ' and it goes on from where it stopped: one, two, three, four, five, six, seven, eight, nine, ten. That was the rest. _(recorded answer of the test server)_',
  ja: ' 止まったところから続けます。一、二、三、四、五、六、七、八、九、十。ここまでが続きです。_(テスト用サーバーに録画された回答です)_',
  zh: ' 从停下的地方继续：一、二、三、四、五、六、七、八、九、十。后面的部分到此为止。_（测试服务器录制的回答）_',
};

const TITLE_REQUEST = /title|제목|タイトル|标题/i;
const SUMMARY_REQUEST = /summar|요약|要約|摘要/i;
const CONTINUE_REQUEST =
  /^(?:(?:please )?(?:continue|go on)\b.{0,200}|(?:계속|이어서).{0,100}|続け.{0,100}|(?:请)?继续.{0,100})$/i;

/**
 * A few words of the first thing the user said, without a speaker's name or end marks.
 * @type {(messages: readonly Message[]) => string}
 */
const topicOf = (messages) => {
  const first = textOf(messages.find(({ role }) => role === 'user'));
  const line = first.replace(/^\s*(?:user|사용자|ユーザー|用户)\s*[:：]\s*/i, '').trim();
  const words = oneLine(line.split('\n')[0] ?? '', 200)
    .split(' ')
    .slice(0, 6)
    .join(' ');
  return oneLine(words, 30).replace(/[.?!。？！,]+$/u, '') || 'Untitled';
};

/**
 * The text `echo` answers with. A system message that asks for a title or a summary gets one; an
 * instruction to continue after an assistant message gets more words; a language, programming
 * language or "demo" in the last user message gets a recording; everything else is told back.
 * @type {(messages: readonly Message[]) => string}
 */
export const answerTo = (messages) => {
  const instructions = messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map(textOf)
    .join('\n');
  const topic = topicOf(messages);
  if (TITLE_REQUEST.test(instructions)) return topic;
  const spoken = messages.filter(({ role }) => role === 'user' || role === 'assistant');
  if (SUMMARY_REQUEST.test(instructions)) return SUMMARY[languageOf(topic)](topic, spoken.length);

  const last = spoken.at(-1);
  const partial = last?.role === 'assistant' ? last : spoken.at(-2);
  const isContinuing = last === partial || CONTINUE_REQUEST.test(textOf(last).trim());
  if (partial?.role === 'assistant' && isContinuing) {
    return CONTINUATION[languageOf(textOf(partial))];
  }

  const asked = spoken.filter(({ role }) => role === 'user');
  const question = textOf(asked.at(-1));
  return (
    findRecording(question) ??
    ECHO[languageOf(question)](oneLine(question, 200), Array.from(question).length, asked.length)
  );
};
