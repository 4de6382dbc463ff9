/** Names of locks over all tabs that more than one folder knows. */

/** Before the id of the conversation in which an answer is being written. */
export const ANSWER_LOCK_PREFIX = 'onggi-answer:';
/** Held by pages while the battery is nearly empty: work in the background waits. */
export const LOW_BATTERY_LOCK = 'onggi-low-battery';
