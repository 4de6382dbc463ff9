/**
 * Ids are UUID strings, branded by what they name so that one cannot stand in for another. This
 * file is the only place where a plain string becomes an id.
 */
declare const brand: unique symbol;
type Id<Name extends string> = string & { readonly [brand]: Name };

/** A visit of one tab group (the specification's Session), not a conversation. */
export type SessionId = Id<'session'>;
export type ConversationId = Id<'conversation'>;
export type MessageId = Id<'message'>;
/** A configured OpenAI-compatible endpoint. */
export type EndpointId = Id<'endpoint'>;
/** A data key in the key ring. */
export type KeyId = Id<'key'>;
/** The person. One per installation: `local`. */
export type UserId = Id<'user'>;

export const LOCAL_USER_ID = 'local' as UserId;

/** Gives a fresh UUID on every call. Handed in, so that tests can count. */
export type CreateId = () => string;
/** Gives the present time in epoch milliseconds. Handed in, so that tests can set it. */
export type Clock = () => number;

export const toSessionId = (value: string): SessionId => value as SessionId;
export const toConversationId = (value: string): ConversationId => value as ConversationId;
export const toMessageId = (value: string): MessageId => value as MessageId;
export const toEndpointId = (value: string): EndpointId => value as EndpointId;
export const toKeyId = (value: string): KeyId => value as KeyId;
