import type { Message } from './message.ts';

const EARLIER_OF = 'earlier_of';

/**
 * The metadata of what a message said before it was edited at its source, kept beside it as another
 * version of it. It has no id there of its own, so that no import takes it for the message.
 */
export function toEarlierMetadata({
  source_id: sourceId,
  derived: _derived,
  ...metadata
}: Message['metadata']): Message['metadata'] {
  return { ...metadata, [EARLIER_OF]: sourceId };
}

/** Of which message in the source a row is an earlier version; undefined when it is none. */
export function readEarlierOf({ metadata }: Pick<Message, 'metadata'>): string | undefined {
  const sourceId = metadata[EARLIER_OF];
  return typeof sourceId === 'string' ? sourceId : undefined;
}
