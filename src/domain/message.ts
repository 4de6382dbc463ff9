import type { ErrorCode } from './errors.ts';
import type { ConversationId, EndpointId, MessageId, SessionId } from './ids.ts';

export type Role = 'user' | 'assistant' | 'system' | 'function' | 'tool';

/**
 * The passage of one answer: `streaming` → `complete` | `stopped` | `interrupted` | `error`.
 * Messages that are not answers are `complete` from the start.
 */
export type MessageStatus = 'complete' | 'streaming' | 'interrupted' | 'stopped' | 'error';

export type Rating = 1 | 2 | 3 | 4 | 5;

/** Why an answer ended badly, as stored: the code picks the sentence, the detail is what the other side said. */
export interface MessageFailure {
  readonly code: ErrorCode;
  readonly detail: string | null;
}

/** A file that came with a message. Its bytes are in the table `attachments`. */
export interface AttachmentReference {
  readonly id: string;
  readonly name: string;
  readonly mediaType: string;
  readonly sizeBytes: number;
}

/**
 * One message of a conversation. Messages of a conversation form a tree through `parentId`; a
 * parent's `seq` is always below its children's.
 */
export interface Message {
  readonly id: MessageId;
  readonly conversationId: ConversationId;
  readonly sessionId: SessionId;
  /** The message this one answers or follows; null at the top of the tree. */
  readonly parentId: MessageId | null;
  /** Order of arrival within the conversation, from 0, without gaps but where messages were deleted. */
  readonly seq: number;
  readonly role: Role;
  readonly content: string;
  /** What a reasoning model thought before it answered. Part of the next prompt only where the endpoint wants it. */
  readonly reasoning: string | null;
  /** Blocks of imported messages that onggi does not know, kept as they came. */
  readonly parts: readonly unknown[];
  /** Epoch milliseconds. */
  readonly timestamp: number;
  /**
   * Epoch milliseconds of the last change after it was written: a rating, a comment, a note in the
   * metadata, another try or the rest of an answer. Absent before the first.
   */
  readonly changedAt?: number;
  readonly status: MessageStatus;
  /** As the endpoint said it (`stop`, `length`, `content_filter` …); null when it never did. */
  readonly finishReason: string | null;
  /** Tokens of this message alone: of the text for a question, of the completion for an answer. */
  readonly tokenCount: number | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  /** True when the token figures are our estimate and not the endpoint's count. */
  readonly isTokenCountEstimated: boolean;
  readonly modelUsed: string | null;
  readonly endpointId: EndpointId | null;
  readonly temperature: number | null;
  /** From the request to the end of the answer. Files carry it in seconds (specification 2.2). */
  readonly responseTimeMs: number | null;
  /** From the request to the first piece of the answer's own text, reasoning not counted. */
  readonly timeToFirstTokenMs: number | null;
  readonly costUsd: number | null;
  readonly rating: Rating | null;
  readonly feedback: string | null;
  readonly attachments: readonly AttachmentReference[];
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly error: MessageFailure | null;
  /**
   * Present only while the answer streams: epoch milliseconds of its start. A sparse index over it
   * finds the answers that a crash left behind without looking at any other row.
   */
  readonly streamingSince?: number;
}

/** Epoch milliseconds of the last change: of two copies of a message the later one is the newer. */
export function lastChangeOfMessage({ timestamp, changedAt }: Message): number {
  return Math.max(timestamp, changedAt ?? 0);
}

/**
 * Whether `copy` is the later of two copies of a message. Of two that are equally old, an answer at rest
 * is later than one that was still being written or was cut; else `isOfLaterConversation` says it.
 */
export function isLaterCopy(
  copy: Message,
  other: Message,
  isOfLaterConversation: boolean,
): boolean {
  const later = lastChangeOfMessage(copy) - lastChangeOfMessage(other);
  if (later !== 0) return later > 0;
  const isCut = ({ status }: Message): boolean =>
    status === 'streaming' || status === 'interrupted';
  return isCut(copy) === isCut(other) ? isOfLaterConversation : isCut(other);
}

/**
 * A settled answer over its stored row: rating and feedback are those of the row, and what was asked for
 * again, or rated meanwhile, is another than its copies elsewhere.
 */
export function settledOver(before: Message, settled: Message, now: number): Message {
  const { rating, feedback, changedAt } = before;
  const after = { ...settled, rating, feedback };
  return changedAt === undefined ? after : { ...after, changedAt: Math.max(now, changedAt) };
}

/** Longest content that any flow may store, in characters: a restore refuses more (SECURITY section 6). */
export const MAX_CONTENT_CHARACTERS = 10_000_000;

/** Everything a new message must say; the rest gets its resting value from {@link createMessage}. */
type NewMessage = Pick<
  Message,
  'id' | 'conversationId' | 'sessionId' | 'parentId' | 'seq' | 'role' | 'content' | 'timestamp'
> &
  Partial<Message>;

/** A whole row from the fields that matter, with `complete` as status unless one is given. */
export function createMessage(fields: NewMessage): Message {
  return {
    reasoning: null,
    parts: [],
    status: 'complete',
    finishReason: null,
    tokenCount: null,
    promptTokens: null,
    completionTokens: null,
    isTokenCountEstimated: false,
    modelUsed: null,
    endpointId: null,
    temperature: null,
    responseTimeMs: null,
    timeToFirstTokenMs: null,
    costUsd: null,
    rating: null,
    feedback: null,
    attachments: [],
    metadata: {},
    error: null,
    ...fields,
  };
}

/** The same answer at rest: its new status, and no longer found by the index of running answers. */
export function settleMessage(message: Message, changes: Partial<Message>): Message {
  const { streamingSince: _streamingSince, ...rest } = message;
  return { ...rest, ...changes };
}

/** A running answer whose page is gone: text kept, no response time, because nobody saw its end. */
export function abandonedAnswer(message: Message): Message {
  return settleMessage(message, {
    status: 'interrupted',
    error: { code: 'provider/interrupted', detail: null },
    responseTimeMs: null,
  });
}

/** Whether an answer may still be settled: it runs, or another page gave it up meanwhile. */
export function isUnsettled(message: Message): boolean {
  if (message.status === 'streaming') return true;
  return message.status === 'interrupted' && message.responseTimeMs === null;
}

/** Whether the answer ended before its end and can be continued from what there is. */
export function isContinuable(message: Message): boolean {
  if (message.role !== 'assistant' || message.content === '') return false;
  if (message.status === 'interrupted' || message.status === 'stopped') return true;
  return message.status === 'error' || message.finishReason === 'length';
}

/** Whether the product it was imported from does not show it: a tool call, a system step. */
export function isHiddenStep(message: Message): boolean {
  return message.metadata['hidden'] === true;
}

/** Whether it stands closed in a conversation: a hidden step, or what a tool put out. */
export function isFoldedStep(message: Message): boolean {
  return message.metadata['folded'] === true || isHiddenStep(message);
}

/**
 * What an answer that came from the cache says of itself in `metadata.fromCache`: how many tokens
 * asking would have cost, 0 where that is unknown. Undefined for an answer that was asked for.
 */
export function readFromCache(message: Message): { readonly savedTokens: number } | undefined {
  const { fromCache } = message.metadata;
  if (typeof fromCache !== 'object' || fromCache === null) return undefined;
  const { savedTokens } = fromCache as Record<string, unknown>;
  const isCount = typeof savedTokens === 'number' && Number.isFinite(savedTokens);
  return { savedTokens: isCount ? Math.max(0, savedTokens) : 0 };
}

/** A source that an imported answer names. */
export interface Citation {
  readonly title: string | null;
  readonly url: string | null;
}

/** The sources of an answer, as its importer kept them in `metadata.citations`. */
export function readCitations(message: Message): readonly Citation[] {
  const { citations } = message.metadata;
  if (!Array.isArray(citations)) return [];
  return (citations as readonly unknown[]).flatMap((value) => {
    if (typeof value !== 'object' || value === null) return [];
    const { title, url } = value as Record<string, unknown>;
    const citation = {
      title: typeof title === 'string' ? title : null,
      url: typeof url === 'string' && /^https?:\/\//i.test(url) ? url : null,
    };
    return citation.title === null && citation.url === null ? [] : [citation];
  });
}
