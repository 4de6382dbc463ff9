import type { ResponseCache } from '#cache/response-cache.ts';
import type { Conversation } from '#domain/conversation.ts';
import type { ConversationChanges, ConversationStore } from '#domain/conversation-store.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { OnggiError } from '#domain/errors.ts';
import type { Clock, ConversationId, CreateId, EndpointId, SessionId } from '#domain/ids.ts';
import { toMessageId } from '#domain/ids.ts';
import { MAX_CONTENT_CHARACTERS, createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import type { ChatQuestion, StreamChat } from '#domain/stream.ts';
import { titleFromMessage } from '#domain/title.ts';
import type { UsageIncrement } from '#domain/usage.ts';
import { clampMaxTokens, clampTemperature } from '#domain/user-settings.ts';
import type { UserSettings } from '#domain/user-settings.ts';
import { estimateTokens } from '#usage/estimate-tokens.ts';
import { toUsageIncrement } from '#domain/usage-increment.ts';
import { createAsk } from './ask-answer.ts';
import type { AskingKind } from './ask-answer.ts';
import { buildPrompt } from './build-prompt.ts';
import { runAnswer } from './run-answer.ts';
import type { AddedRows, AnswerDelta, AnswerRun } from './run-answer.ts';
import { askInPassing } from './ask-in-passing.ts';
import type { PassingQuestion } from './ask-in-passing.ts';

/** What the flows of a conversation need from the rest of the house. */
export interface ChatDeps {
  readonly cache: Pick<ResponseCache, 'find' | 'keep'>;
  readonly streamChat: StreamChat;
  readonly getEndpoint: (id: EndpointId) => Promise<Endpoint | undefined>;
  readonly openApiKey: (endpoint: Endpoint) => Promise<string | undefined>;
  readonly getSettings: () => UserSettings;
  readonly getSessionId: () => Promise<SessionId>;
  /** One answer at a time for a conversation, over all tabs; undefined while another runs. */
  readonly tryHoldAnswerLock: (id: ConversationId) => Promise<(() => void) | undefined>;
  readonly clock: Clock;
  /** Milliseconds since some fixed moment, which no setting of a clock changes: answers are timed by it. */
  readonly monotonic: () => number;
  readonly createId: CreateId;
}

/** A conversation and where it lives. */
export interface ChatPlace {
  readonly store: ConversationStore;
  readonly conversation: Conversation;
}

/** The flows of a conversation. Each resolves once its rows are committed and before anything is asked. */
export type Chat = ReturnType<typeof createChat>;

/** What an answer is asked with, after the conversation's own choices and the settings. */
interface Target {
  readonly endpoint: Endpoint;
  readonly chatModel: string;
  readonly temperature: number;
  readonly maxTokens: number;
  readonly systemPrompt: string | null;
}

/** A question on its way to be asked. */
interface PreparedQuestion {
  readonly question: () => Promise<ChatQuestion>;
  readonly ask: (
    question: ChatQuestion,
    signal: AbortSignal,
  ) => Promise<AsyncIterable<AnswerDelta> | undefined>;
  readonly onStored: (question: ChatQuestion, settled: Message) => Promise<void>;
}

export function createChat(deps: ChatDeps) {
  const { clock, createId } = deps;

  /** @throws OnggiError `provider/no-endpoint`, `provider/no-model`. */
  async function resolveTarget(conversation: Conversation): Promise<Target> {
    const settings = deps.getSettings();
    const endpointId = conversation.endpointId ?? settings.defaultEndpointId;
    const endpoint = endpointId ? await deps.getEndpoint(endpointId) : undefined;
    if (!endpoint) throw new OnggiError('provider/no-endpoint', 'no endpoint chosen');
    const isDefault = endpoint.id === settings.defaultEndpointId;
    const chatModel = conversation.chatModel ?? (isDefault ? settings.defaultModel : null);
    if (!chatModel) throw new OnggiError('provider/no-model', 'no model chosen');
    return {
      endpoint,
      chatModel,
      temperature: clampTemperature(conversation.temperature ?? settings.temperature),
      maxTokens: clampMaxTokens(conversation.maxTokens ?? settings.maxTokens),
      systemPrompt: conversation.systemPrompt ?? settings.systemPrompt,
    };
  }

  /** Holds the conversation's lock while `begin` commits its rows; the run lets go of it. */
  async function withAnswerLock(
    place: ChatPlace,
    begin: (target: Target, release: () => void) => Promise<AnswerRun>,
  ): Promise<AnswerRun> {
    // Asked for together: each wait is one between Enter and the screen.
    const [target, lock] = await Promise.allSettled([
      resolveTarget(place.conversation),
      deps.tryHoldAnswerLock(place.conversation.id),
    ]);
    const release = lock.status === 'fulfilled' ? lock.value : undefined;
    if (target.status === 'rejected') {
      release?.();
      throw target.reason;
    }
    if (lock.status === 'rejected') throw lock.reason;
    if (!release) throw new OnggiError('chat/busy', 'an answer is running');
    try {
      return await begin(target.value, release);
    } catch (error) {
      release();
      throw error;
    }
  }

  /** The row of an answer that is about to be asked for, in the visit that asks. */
  async function emptyAnswer(target: Target, parent: Message): Promise<Message> {
    const { conversationId, id: parentId, seq } = parent;
    const sessionId = await deps.getSessionId();
    return answerRow(target, { conversationId, sessionId, parentId, seq: seq + 1 });
  }

  function answerRow(
    target: Target,
    place: Pick<Message, 'conversationId' | 'sessionId' | 'parentId' | 'seq'>,
  ): Message {
    const now = clock();
    return createMessage({
      id: toMessageId(createId()),
      ...place,
      role: 'assistant',
      content: '',
      timestamp: now,
      status: 'streaming',
      streamingSince: now,
      modelUsed: target.chatModel,
      endpointId: target.endpoint.id,
      temperature: target.temperature,
    });
  }

  /**
   * Prepares what is asked, and looks for it in the cache where the cache may be asked.
   * @param branch The messages to be answered, oldest first.
   */
  function prepare(
    { store }: ChatPlace,
    target: Target,
    branch: () => Promise<readonly Message[]>,
    kind: AskingKind,
    partial?: Message,
  ): PreparedQuestion {
    const { lookUp, ask, onStored } = createAsk(deps, store, kind);
    const question = branch().then((messages) => ({
      endpoint: target.endpoint,
      chatModel: target.chatModel,
      messages: buildPrompt(messages, target.systemPrompt, target.endpoint, partial),
      temperature: target.temperature,
      maxTokens: target.maxTokens,
      isStreaming: deps.getSettings().streamResponse,
    }));
    const cached = lookUp(question);
    // Whoever asks is told of a failure; until then it is not an unhandled one.
    for (const each of [question, cached]) each.catch(() => undefined);
    return {
      question: () => question,
      ask: (asked, signal) => ask(asked, cached, signal),
      onStored,
    };
  }

  /** Begins the request for a committed answer row. */
  function startRun(
    { store }: ChatPlace,
    answer: Message,
    { question, ask, onStored }: PreparedQuestion,
    release: () => void,
    added?: AddedRows,
  ): AnswerRun {
    return runAnswer(answer, {
      store,
      monotonic: deps.monotonic,
      added,
      prepareQuestion: question,
      ask,
      onStored,
      release,
    });
  }

  /** The stored branch that ends before `answer`. */
  async function readBranchBefore({ store }: ChatPlace, answer: Message) {
    const branch = await store.readBranch(answer.conversationId, answer.id);
    return branch.filter(({ id }) => id !== answer.id);
  }

  /** A row for the person's text below `parent`, with our estimate of its tokens. */
  async function userMessage(
    conversation: Conversation,
    parentId: Message['parentId'],
    text: string,
  ): Promise<Message> {
    if (text.length > MAX_CONTENT_CHARACTERS) {
      throw new OnggiError('chat/message-too-long', `${text.length} characters`);
    }
    return createMessage({
      id: toMessageId(createId()),
      conversationId: conversation.id,
      sessionId: await deps.getSessionId(),
      parentId,
      seq: conversation.lastSeq + 1,
      role: 'user',
      content: text,
      timestamp: clock(),
      tokenCount: estimateTokens(text),
      isTokenCountEstimated: true,
    });
  }

  return {
    /**
     * Commits the person's message and an empty answer, then asks. The conversation gets its title
     * from its first message.
     * @param parentId What the message follows: the end of the shown branch, or, for an edited
     * message, the parent of the old version, which stays as a branch of its own.
     * @throws OnggiError before anything was stored: `provider/no-endpoint`, `provider/no-model`,
     * `chat/busy`, `chat/message-too-long`, `db/*`.
     */
    sendMessage: (place: ChatPlace, text: string, parentId: Message['parentId']) =>
      withAnswerLock(place, async (target, release) => {
        const { conversation, store } = place;
        const question = await userMessage(conversation, parentId, text);
        const title = conversation.title ?? titleFromMessage(text) ?? null;
        const rows = [question, await emptyAnswer(target, question)];
        const readBefore = async () =>
          parentId === null ? [] : store.readBranch(conversation.id, parentId);
        // While the rows are being committed, the cache is looked at.
        const branch = async () => [...(await readBefore()), question];
        const prepared = prepare(place, target, branch, 'send');
        const added = await store.addMessages({ ...conversation, title }, rows);
        return startRun(place, lastOf(added), prepared, release, added);
      }),

    /** Asks again below the same question; the old answer stays as another version. */
    regenerate: (place: ChatPlace, question: Message) =>
      withAnswerLock(place, async (target, release) => {
        const rows = [await emptyAnswer(target, question)];
        const added = await place.store.addMessages(place.conversation, rows);
        const answer = lastOf(added);
        const prepared = prepare(place, target, () => readBranchBefore(place, answer), 'anew');
        return startRun(place, answer, prepared, release, added);
      }),

    /** Asks again in the place of an answer that brought no text. */
    tryAgain: (place: ChatPlace, failed: Message) =>
      withAnswerLock(place, async (target, release) => {
        const answer = await place.store.reopenAnswer({
          ...failed,
          content: '',
          reasoning: null,
          tokenCount: null,
          promptTokens: null,
          completionTokens: null,
          isTokenCountEstimated: false,
          status: 'streaming',
          error: null,
          finishReason: null,
          streamingSince: clock(),
          modelUsed: target.chatModel,
          endpointId: target.endpoint.id,
        });
        const prepared = prepare(place, target, () => readBranchBefore(place, answer), 'anew');
        return startRun(place, answer, prepared, release);
      }),

    /** Asks for the rest of a cut answer and adds it to the same message. */
    continueAnswer: (place: ChatPlace, cut: Message) =>
      withAnswerLock(place, async (target, release) => {
        const answer = await place.store.reopenAnswer({
          ...cut,
          endpointId: target.endpoint.id,
          status: 'streaming',
          error: null,
          finishReason: null,
          streamingSince: clock(),
        });
        const branch = () => readBranchBefore(place, answer);
        const prepared = prepare(place, target, branch, 'continue', answer);
        return startRun(place, answer, prepared, release);
      }),

    /**
     * Stores a settled answer whose own transaction failed.
     * @param usage What it adds to the usage, as its run said.
     */
    saveAnswer: (store: ConversationStore, settled: Message, usage: UsageIncrement | null) =>
      store.finishAnswer(settled, usage),

    /**
     * Asks the conversation's model for a title or a summary of the shown branch, and stores it together
     * with the usage of the request. A request that failed, or was stopped, is counted too.
     * @returns the text as stored; undefined when the model said nothing of use, or was stopped.
     * @throws OnggiError `provider/*`, `db/*`.
     */
    async askInPassing(
      place: ChatPlace,
      question: PassingQuestion,
      signal: AbortSignal,
    ): Promise<string | undefined> {
      const target = await resolveTarget(place.conversation);
      const { activeLeafId, id } = place.conversation;
      const branch = activeLeafId ? await place.store.readBranch(id, activeLeafId) : [];
      const request = {
        endpoint: target.endpoint,
        apiKey: await deps.openApiKey(target.endpoint),
        chatModel: target.chatModel,
        temperature: 0.3,
        isStreaming: deps.getSettings().streamResponse,
      };
      if (signal.aborted) return undefined;
      const { sessionId } = place.conversation;
      const row = answerRow(target, {
        conversationId: id,
        sessionId,
        parentId: activeLeafId,
        seq: 0,
      });
      const asked = await askInPassing(deps, request, row, branch, question, signal);
      const { settled, text, failure } = asked;
      await place.store.finishPassing(
        settled,
        changesOf(question, text),
        toUsageIncrement(settled),
      );
      if (failure) throw failure;
      return text;
    },
  };
}

function changesOf(question: PassingQuestion, text: string | undefined): ConversationChanges {
  if (text === undefined) return {};
  return question === 'title' ? { title: text, titleOrigin: 'model' } : { summary: text };
}

function lastOf({ messages }: AddedRows): Message {
  const last = messages.at(-1);
  if (!last) throw new OnggiError('app/unexpected', 'no answer row');
  return last;
}
