import type { Message } from '#domain/message.ts';
import type { WholeConversation } from './conversation-fields.ts';
import { isToolRole, selectTrainingMessages } from './training-messages.ts';

/** One message of OpenAI's fine-tuning format. */
interface TrainingMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
  /** 0: read, but not learnt from. */
  readonly weight?: 0;
}

export interface FineTuningOptions {
  /** Marks answers rated 1 or 2 so that a model does not learn from them. */
  readonly skipsPoorAnswers: boolean;
}

/**
 * A conversation as a line of OpenAI fine-tuning JSONL with its LF (FORMATS 3.5): system first, then
 * user and assistant in turn, ending with an answer. Texts of one role in a row are joined by a blank
 * line; what tools said is left out. Undefined when no answer follows a question.
 */
export function writeFineTuningLine(
  whole: WholeConversation,
  { skipsPoorAnswers }: FineTuningOptions,
): string | undefined {
  const selected = selectTrainingMessages(whole).filter(({ role }) => !isToolRole(role));
  const turns = joinTurns(
    selected.filter(({ role }) => role !== 'system'),
    skipsPoorAnswers,
  );
  const start = turns.findIndex(({ role }) => role === 'user');
  const end = turns.findLastIndex(({ role }) => role === 'assistant');
  if (start < 0 || end < start) return undefined;
  const system = writeSystem(whole, selected);
  const messages = [...system, ...turns.slice(start, end + 1)];
  return `${JSON.stringify({ messages })}\n`;
}

/** The conversation's own instruction and those said in it, as one message at the top. */
function writeSystem(
  { conversation: { systemPrompt } }: WholeConversation,
  selected: readonly Message[],
): readonly TrainingMessage[] {
  const said = selected.filter(({ role }) => role === 'system').map(({ content }) => content);
  const texts = new Set([...(systemPrompt?.trim() ? [systemPrompt] : []), ...said]);
  return texts.size === 0 ? [] : [{ role: 'system', content: [...texts].join('\n\n') }];
}

function joinTurns(messages: readonly Message[], skipsPoorAnswers: boolean): TrainingMessage[] {
  const turns: TrainingMessage[] = [];
  for (const { role, content, rating } of messages) {
    const last = turns.at(-1);
    const isAnswer = role === 'assistant';
    const isPoor = skipsPoorAnswers && isAnswer && rating !== null && rating <= 2;
    const turn: TrainingMessage = {
      role: isAnswer ? 'assistant' : 'user',
      content,
      ...(isPoor && { weight: 0 }),
    };
    if (last?.role === turn.role) {
      turns[turns.length - 1] = { ...last, ...turn, content: `${last.content}\n\n${content}` };
    } else {
      turns.push(turn);
    }
  }
  return turns;
}
