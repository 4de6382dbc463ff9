import { OnggiError, toOnggiError } from '#domain/errors.ts';
import type { Message } from '#domain/message.ts';
import type { ChatRequest, StreamChat } from '#domain/stream.ts';
import { titleFromModel } from '#domain/title.ts';
import { settleAnswer } from './settle-answer.ts';
import type { AnswerSoFar } from './settle-answer.ts';

export type PassingQuestion = 'title' | 'summary';

const INSTRUCTIONS: Record<PassingQuestion, string> = {
  title:
    'Give this conversation a title of at most six words, in the language of the conversation. Answer with the title alone, without quotation marks.',
  summary:
    'Write a summary of this conversation in two or three sentences, in the language of the conversation. Answer with the summary alone.',
};

const MAX_TOKENS: Record<PassingQuestion, number> = { title: 400, summary: 1200 };

/** How much of a conversation the question carries, in characters: its start and its end. */
const EXCERPT_CHARACTERS = 12_000;

/** Longest summary that is kept, in characters. */
const SUMMARY_CHARACTERS = 2000;

/** What came of a small question. */
export interface PassingAnswer {
  /** As an answer of the conversation would be; for the usage alone. */
  readonly settled: Message;
  /** The cleaned text; undefined when the model said nothing of use, or was stopped. */
  readonly text: string | undefined;
  readonly failure: OnggiError | null;
}

/**
 * One small question about a conversation, beside it. See {@link Chat} `askInPassing`. Never throws:
 * a request that failed is counted too.
 * @param row The answer as it is before anything was asked.
 */
export async function askInPassing(
  { streamChat, monotonic }: { readonly streamChat: StreamChat; readonly monotonic: () => number },
  target: Omit<ChatRequest, 'messages' | 'maxTokens'>,
  row: Message,
  branch: readonly Message[],
  question: PassingQuestion,
  signal: AbortSignal,
): Promise<PassingAnswer> {
  const messages = [
    { role: 'system', content: INSTRUCTIONS[question] },
    { role: 'user', content: `<conversation>\n${excerpt(branch)}\n</conversation>` },
  ] as const;
  const request = { ...target, messages, maxTokens: MAX_TOKENS[question] };
  const answer: AnswerSoFar = {
    content: '',
    reasoning: null,
    finishReason: null,
    usage: null,
    question: request,
    cached: null,
    isAsked: true,
    startedAt: monotonic(),
    firstTokenAt: null,
    failure: null,
    isStopped: false,
  };
  try {
    for await (const delta of streamChat(request, signal)) {
      if (delta.kind === 'text') answer.content += delta.text;
      if (delta.kind === 'reasoning') answer.reasoning = (answer.reasoning ?? '') + delta.text;
      if (delta.kind === 'finish') answer.finishReason = delta.reason;
      if (delta.kind === 'usage') answer.usage = delta.usage;
    }
    if (!signal.aborted && answer.content.trim() === '') {
      answer.failure = new OnggiError('provider/empty', 'no text');
    }
  } catch (error) {
    answer.failure = toOnggiError(error);
  }
  answer.isStopped = signal.aborted;
  const failure = signal.aborted ? null : answer.failure;
  const isOfUse = !signal.aborted && !failure;
  return {
    settled: settleAnswer(row, answer, monotonic()),
    text: isOfUse ? clean(answer.content, question) : undefined,
    failure,
  };
}

function clean(text: string, question: PassingQuestion): string | undefined {
  return question === 'title' ? titleFromModel(text) : text.trim().slice(0, SUMMARY_CHARACTERS);
}

function excerpt(branch: readonly Message[]): string {
  const text = branch
    .filter(({ content }) => content !== '')
    .map(({ role, content }) => `${role}: ${content}`)
    .join('\n\n');
  if (text.length <= EXCERPT_CHARACTERS) return text;
  const half = EXCERPT_CHARACTERS / 2;
  return `${text.slice(0, half)}\n…\n${text.slice(-half)}`;
}
