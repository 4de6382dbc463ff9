/** What search is asked, and what it finds. */
import type { ConversationStatus } from './conversation.ts';
import type { ErrorCode } from './errors.ts';
import type { Role } from './message.ts';
import type { Stretch } from './readable-text.ts';

/** Text with the places in it that were looked for: `[start, end)` in UTF-16 units, rising, apart. */
export interface MarkedText {
  readonly text: string;
  readonly marks: readonly (readonly [start: number, end: number])[];
}

/** Where in a conversation or document something was found. */
export type FoundField = 'title' | 'message' | 'feedback' | 'attachment' | 'passage';

/** One place that was found. */
export interface FoundPlace {
  /** The message or passage; for a title the message that it leads to, or null. */
  readonly id: string | null;
  readonly field: FoundField;
  readonly role: Role | null;
  /** Epoch milliseconds. */
  readonly timestamp: number;
  readonly snippet: MarkedText;
  /** What of the message's text was found by meaning, in UTF-16 units. */
  readonly stretch?: Stretch;
}

/** Why something is among the results. */
export type FoundBy = 'words' | 'meaning';

/** A conversation, or a document of the library, with what was found in it. */
export interface FoundGroup {
  readonly kind: 'conversation' | 'document';
  readonly id: string;
  /** Empty text where it has none. */
  readonly title: MarkedText;
  readonly status: ConversationStatus;
  readonly source: string;
  readonly tags: readonly string[];
  /** Epoch milliseconds of its last change. */
  readonly updatedAt: number;
  /** How many messages, passages and titles of it fit. */
  readonly placeCount: number;
  /** The best of them, at most three, best first. */
  readonly places: readonly FoundPlace[];
  readonly foundBy: readonly FoundBy[];
}

/** Part of the results of one query. */
export interface FoundPage {
  readonly groups: readonly FoundGroup[];
  /** All that fit, of which `groups` is a part. */
  readonly groupCount: number;
  readonly placeCount: number;
  /** Messages, passages and titles looked through so far, and how many there are. */
  readonly searchedCount: number;
  readonly totalCount: number;
  /** Whether everything that is indexed was looked through; else a fuller page follows. */
  readonly isWhole: boolean;
  /** Whether the query was longer than search looks at (`MAX_QUERY_CHARACTERS`). */
  readonly isQueryCut: boolean;
  readonly tookMs: number;
}

/** A conversation that is near in meaning, with its nearest passage as the one place. */
export interface NearGroup extends FoundGroup {
  /** Cosine of that passage with what was asked for, at most 1. */
  readonly cosine: number;
}

/** How far beyond -1 and 1 the farthest points of the map may lie. */
export const MAP_MARGIN = 0.16;

/** A conversation in the picture of all by meaning: what lies close together is about the same. */
export interface MapPoint {
  readonly id: string;
  /** Empty where it has none. */
  readonly title: string;
  readonly tags: readonly string[];
  readonly isArchived: boolean;
  /** Epoch milliseconds of its last change. */
  readonly updatedAt: number;
  /** Place in the picture: most lie between -1 and 1, all within {@link MAP_MARGIN} of that. Neither the axes nor their directions mean anything. */
  readonly x: number;
  readonly y: number;
}

/** How far the index of meaning is. */
export interface MeaningStatus {
  /**
   * `off`: nobody asked yet; `loading`: the embedding model is fetched; `waiting`: indexing goes on when
   * the answer that runs is there; `saving-power`: when the battery is charged; `retrying`: soon,
   * after something failed for the moment; `locked`: when the lock of the page that has the keys is opened;
   * `paused`: the person stopped it; `evicted`: the vectors went to
   * make room, and are made again when there is some. Of the coming model, if there is one.
   */
  readonly phase:
    | 'off'
    | 'loading'
    | 'indexing'
    | 'waiting'
    | 'saving-power'
    | 'retrying'
    | 'locked'
    | 'paused'
    | 'ready'
    | 'evicted'
    | 'failed';
  /** Conversations that can be found, and how many there are to be. */
  readonly doneCount: number;
  readonly totalCount: number;
  /**
   * Passages that no vector stands for, because the model's worker died of them again and again, or the endpoint
   * refused them; a worker of an older version does not say.
   */
  readonly leftOutCount?: number;
  /** Bytes of the model that were fetched; the total is null where it is unknown. */
  readonly doneBytes: number;
  readonly totalBytes: number | null;
  /** Why it failed. */
  readonly errorCode: ErrorCode | null;
  /** Name of the model that answers; null before one does. */
  readonly inUse: string | null;
  /** Name of the model that is to answer when it has all vectors; null where none is coming. */
  readonly coming: string | null;
}

const UNFINISHED: readonly MeaningStatus['phase'][] = [
  'loading',
  'indexing',
  'waiting',
  'saving-power',
  'retrying',
  'locked',
  'paused',
];

/** Whether more conversations will be found by meaning than can be now. */
export function isUnfinished({ phase }: MeaningStatus): boolean {
  return UNFINISHED.includes(phase);
}

/** How far the text index is. */
export interface SearchStatus {
  /**
   * `building`: everything is read anew; `catching-up`: what changed lately is read; `paused`: another
   * job has the machine; `failed`: nothing can be searched.
   */
  readonly phase: 'starting' | 'building' | 'catching-up' | 'ready' | 'failed';
  /** Messages, passages and titles that can be found, and how many there are to be. */
  readonly indexedCount: number;
  readonly totalCount: number;
  /** Another one with every change of what can be found; a worker of an older version does not say. */
  readonly version?: number;
  /** Where the index is kept: this origin's file system, a table, or nowhere but memory. */
  readonly storage: 'opfs' | 'table' | 'memory';
  /** Whether WebAssembly SIMD does the scanning. */
  readonly isFast: boolean;
  readonly meaning: MeaningStatus;
  /** How often this page saw the worker begin anew after it had died or stopped answering; 0 where left out. */
  readonly restartCount?: number;
}
