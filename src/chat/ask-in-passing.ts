import { OnggiError } from '#domain/errors.ts';
import type { Message } from '#domain/message.ts';
import type { ChatRequest, StreamChat } from '#domain/stream.ts';
import { titleFromModel } from '#domain/title.ts';

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

/** One small question about a conversation, beside it. See {@link Chat} `askInPassing`. */
export async function askInPassing(
  streamChat: StreamChat,
  request: Omit<ChatRequest, 'messages' | 'maxTokens'>,
  branch: readonly Message[],
  question: PassingQuestion,
  signal: AbortSignal,
): Promise<string | undefined> {
  const messages = [
    { role: 'system', content: INSTRUCTIONS[question] },
    { role: 'user', content: `<conversation>\n${excerpt(branch)}\n</conversation>` },
  ] as const;
  let answer = '';
  const deltas = streamChat({ ...request, messages, maxTokens: MAX_TOKENS[question] }, signal);
  for await (const delta of deltas) {
    if (delta.kind === 'text') answer += delta.text;
  }
  if (signal.aborted) return undefined;
  if (answer.trim() === '') throw new OnggiError('provider/empty', 'no text');
  return question === 'title' ? titleFromModel(answer) : answer.trim().slice(0, SUMMARY_CHARACTERS);
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
