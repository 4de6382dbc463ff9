import type { Endpoint } from './endpoint.ts';
import type { Role } from './message.ts';

/** One message of a prompt, as it goes to the endpoint. */
export interface PromptMessage {
  readonly role: Role;
  readonly content: string;
}

/** One question to an endpoint, without what opens the door there. */
export interface ChatQuestion {
  readonly endpoint: Endpoint;
  readonly chatModel: string;
  readonly messages: readonly PromptMessage[];
  readonly temperature: number;
  readonly maxTokens: number;
  /** False: the answer is asked for in one piece. */
  readonly isStreaming: boolean;
}

/** A question on its way. The key is the opened one and lives no longer than the request. */
export interface ChatRequest extends ChatQuestion {
  readonly apiKey: string | undefined;
}

/** Tokens as the endpoint counted them. */
export interface TokenUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
}

/** What comes up from an endpoint while it answers. */
export type ChatDelta =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string }
  /** The last one wins; they are never added up. */
  | { readonly kind: 'usage'; readonly usage: TokenUsage }
  | { readonly kind: 'finish'; readonly reason: string }
  /** The endpoint refused or failed before the first byte; it is asked again at `retryAt` (epoch ms). */
  | {
      readonly kind: 'waiting';
      readonly retryAt: number;
      readonly code: 'provider/rate-limited' | 'provider/server';
    }
  /** The endpoint refused `stream_options` and was asked without: worth remembering. */
  | { readonly kind: 'stream-options-refused' };

/** Asks an endpoint. The iterable ends when the answer ends or `signal` aborts; abort is not an error. */
export type StreamChat = (request: ChatRequest, signal: AbortSignal) => AsyncIterable<ChatDelta>;
