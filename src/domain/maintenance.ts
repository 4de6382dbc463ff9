/** What the maintenance does, when, and how a run is told. Pure: the caller has the clock. */
import type { Conversation } from './conversation.ts';
import type { ErrorCode } from './errors.ts';
import type { ConversationId, MessageId } from './ids.ts';
import type { AttachmentReference, Message } from './message.ts';
import type { UsageStatistic } from './usage.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Maintenance runs by itself once in this time, while the app is open. */
export const MAINTENANCE_INTERVAL_MS = DAY_MS;
/** The integrity check belongs to a run by itself when the last one is this old. */
export const CHECK_INTERVAL_MS = 7 * DAY_MS;
/** An attachment that no message shows goes when it was found so for this long: undoing needs it. */
export const UNUSED_NOTICE_MS = DAY_MS;
/** Time between two runs counts for a notice up to this: of the trash, and of unused attachments. */
export const COUNTED_GAP_MS = { trash: DAY_MS, unused: UNUSED_NOTICE_MS / 2 };

/** What a run goes through, in this order. */
export const MAINTENANCE_STEPS = [
  'sessions',
  'cache',
  'trash',
  'attachments',
  'records',
  'statistics',
  'check',
  'search',
  'compact',
] as const;
export type MaintenanceStepName = (typeof MAINTENANCE_STEPS)[number];

/** Something that was noticed, and since when (epoch milliseconds). */
export interface Noticed {
  readonly id: string;
  readonly since: number;
}

/** What may be wrong with stored rows. */
export const PROBLEM_KINDS = [
  'unreadable',
  'no-conversation',
  'no-parent',
  'circle',
  'order',
  'counters',
  'lost-messages',
  'shown-branch',
  'no-session',
  'no-bytes',
  'left-attachment',
  'no-document',
  'lost-passages',
  'usage',
] as const;
export type ProblemKind = (typeof PROBLEM_KINDS)[number];

/**
 * Of these a repair is known that loses nothing. Unreadable rows are reported and left as they are, messages
 * and text of a document that were lost are only in a copy; attachments without a message go by themselves once
 * undoing cannot need them.
 */
export const REPAIRABLE: readonly ProblemKind[] = PROBLEM_KINDS.filter(
  (kind) => !['unreadable', 'left-attachment', 'lost-messages', 'lost-passages'].includes(kind),
);

/** What an integrity check found. */
export interface CheckReport {
  readonly conversationCount: number;
  readonly messageCount: number;
  /** How often each kind was met; kinds that were not met are not there. */
  readonly problems: Readonly<Partial<Record<ProblemKind, number>>>;
  /** Conversations that a repair would change, at most 1,000. */
  readonly repairableIds: readonly ConversationId[];
}

/**
 * How the search index may differ from the stored rows: texts that are not in it, not as they are stored,
 * or stored no more; passages without a vector, vectors of a text that changed or is gone, and blocks of
 * vectors that cannot be read. All of it is made anew from the rows.
 */
export const SEARCH_PROBLEM_KINDS = [
  'text-missing',
  'text-stale',
  'text-left',
  'vector-missing',
  'vector-left',
  'vector-unreadable',
] as const;
export type SearchProblemKind = (typeof SEARCH_PROBLEM_KINDS)[number];

/** What comparing the search index with the stored rows found. */
export interface SearchCheck {
  /** Texts of the index that were compared. */
  readonly textCount: number;
  /** `off`: search by meaning was never used; `unready`: it has not come to rest, which is no fault. */
  readonly vectors: 'checked' | 'off' | 'unready';
  /** How often each kind was met; kinds that were not met are not there. */
  readonly problems: Readonly<Partial<Record<SearchProblemKind, number>>>;
}

/** A step that failed, and why. */
export interface StepFailure {
  readonly step: MaintenanceStepName;
  readonly code: ErrorCode;
}

/** What a run did. Numbers of rows where nothing else is said. */
export interface MaintenanceReport {
  readonly expiredSessions: number;
  /** Expired answers. */
  readonly removedCacheEntries: number;
  readonly purgedConversations: number;
  /** Conversations that leave the trash soon, and since when that is announced. */
  readonly announced: readonly Noticed[];
  readonly removedAttachments: number;
  /** Attachments that no message shows, and since when. */
  readonly unused: readonly Noticed[];
  readonly removedDrafts: number;
  readonly removedRuns: number;
  /** Bytes that the files of search became smaller by. */
  readonly compactedBytes: number;
  /** The day before, as the specification's `calculate_usage_statistics` counts it. */
  readonly statistics: {
    readonly date: string;
    readonly requestCount: number;
    readonly totalTokens: number;
    /** Milliseconds; null when no message was timed, or the run is older than this figure. */
    readonly avgResponseTimeMs: number | null;
    /** Null in a run that is older than this figure. */
    readonly ratedCount: number | null;
  } | null;
  readonly check: CheckReport | null;
  readonly search: SearchCheck | null;
  /** Whether the search index was made anew where it differed. */
  readonly hasRemadeSearch: boolean;
  /** What had differed in it before, as far as it does not any more. */
  readonly mendedSearch: SearchCheck['problems'];
  readonly repairedConversations: number;
  /** Documents made for passages that had none. */
  readonly recoveredDocuments: number;
  /** A repair: whether a copy of all data was made before. */
  readonly hasCopy: boolean;
  /** Conversations whose sums were counted anew from their messages. */
  readonly recountedConversations: number;
  /** Days of usage that were raised to what the messages show. */
  readonly recountedDays: number;
  /** The person took back that days were raised: by itself onggi raises none any more. */
  readonly leavesUsage: boolean;
  /** Steps that came to their end. */
  readonly done: readonly string[];
  /** Steps that failed; those after them were gone through all the same. */
  readonly failedSteps: readonly StepFailure[];
  /** Why the run ended early. */
  readonly failure: ErrorCode | null;
}

export const EMPTY_REPORT: MaintenanceReport = {
  expiredSessions: 0,
  removedCacheEntries: 0,
  purgedConversations: 0,
  announced: [],
  removedAttachments: 0,
  unused: [],
  removedDrafts: 0,
  removedRuns: 0,
  compactedBytes: 0,
  statistics: null,
  check: null,
  search: null,
  hasRemadeSearch: false,
  mendedSearch: {},
  repairedConversations: 0,
  recoveredDocuments: 0,
  hasCopy: false,
  recountedConversations: 0,
  recountedDays: 0,
  leavesUsage: false,
  done: [],
  failedSteps: [],
  failure: null,
};

/** A message's place in its tree, and its files where those change, as it was before a repair. */
export type OldPlace = Pick<Message, 'id' | 'parentId' | 'seq'> &
  Partial<Pick<Message, 'attachments'>>;
/** What a conversation said of its messages before a repair. */
export type OldTallies = Pick<
  Conversation,
  'id' | 'messageCount' | 'totalTokens' | 'lastSeq' | 'activeLeafId'
>;

/** What undoing the repair of one conversation needs. */
export interface RepairUndo {
  readonly conversationId: ConversationId;
  /** Null: the repair made the conversation for messages that had none. */
  readonly tallies: OldTallies | null;
  readonly places: readonly OldPlace[];
  /** How the repair left the conversation; notes of older versions do not say. */
  readonly mended?: {
    readonly messageCount: number;
    readonly lastSeq: number;
    readonly changedAt: number | null;
  };
}

/**
 * What is left for the person to see to, of the check, of search and of what failed: each a line that is the
 * same for the same, and empty where there is nothing.
 */
export type Findings = readonly string[];

/**
 * What a run leaves for the person to see to. Attachments without a message go by themselves, and what the
 * person took back is meant.
 */
export function findingsOf(
  report: Pick<MaintenanceReport, 'check' | 'search' | 'failedSteps' | 'failure' | 'leavesUsage'>,
): Findings {
  const { check, search, failedSteps, failure, leavesUsage } = report;
  const found = Object.entries(check?.problems ?? {}).filter(
    ([kind]) => kind !== 'left-attachment' && !(kind === 'usage' && leavesUsage),
  );
  const differing = Object.entries(search?.problems ?? {});
  const failures = failure === null ? failedSteps : [...failedSteps, failure];
  const toText = (all: readonly unknown[]): string => (all.length > 0 ? JSON.stringify(all) : '');
  return [toText(found), toText(differing), toText(failures)];
}

/**
 * What the runs by themselves leave for the person to see to: what the newest check of each kind found, which
 * most runs leave out, and what failed in the newest run. A line is null where nothing is known of it, or where
 * a run by hand or a repair found it: that was seen.
 * @param runs Newest first, without those that are at work.
 */
export function gatherFindings(
  runs: readonly { readonly kind: string; readonly report: MaintenanceReport }[],
): readonly (string | null)[] {
  const isOf: readonly ((report: MaintenanceReport) => boolean)[] = [
    ({ check }) => check !== null,
    ({ search }) => search !== null,
    () => true,
  ];
  return isOf.map((has, at) => {
    const run = runs.find(({ report }) => has(report));
    const line = (run && findingsOf(run.report)[at]) ?? null;
    return line === '' || run?.kind === 'scheduled' ? line : null;
  });
}

/** A record of usage before and after it was raised; null where there was none. */
export interface UsageChange {
  readonly before: UsageStatistic | null;
  readonly after: UsageStatistic;
}

/** What undoing the raising of usage needs. */
export interface UsageUndo {
  readonly usage: readonly UsageChange[];
}

/** What undoing the making of a document needs: it goes, its passages stay. */
export interface DocumentUndo {
  readonly documentId: string;
  /** Epoch milliseconds. */
  readonly madeAt: number;
}

/** What undoing one repair needs. */
export type RepairNote = RepairUndo | UsageUndo | DocumentUndo;

/** How a conversation has to change to agree with its messages. */
export interface ConversationRepair {
  readonly problems: Readonly<Partial<Record<ProblemKind, number>>>;
  readonly moved: readonly OldPlace[];
  readonly tallies: Omit<OldTallies, 'id'>;
}

/** Whether nothing but the sums of a conversation is wrong. */
export function isOnlyMiscounted({ problems }: ConversationRepair): boolean {
  return Object.keys(problems).every((kind) => kind === 'counters');
}

/** What judging a conversation needs of a message. */
export interface MessageFacts {
  readonly id: MessageId;
  readonly parentId: MessageId | null;
  readonly seq: number;
  readonly timestamp: number;
  readonly tokenCount: number | null;
  readonly attachments: readonly AttachmentReference[];
}

/**
 * Whether a run by itself is due. A run in the future is of a clock that was wrong, and counts as
 * none.
 * @param lastStartedAt Epoch milliseconds; null before the first.
 */
export function isDue(lastStartedAt: number | null, intervalMs: number, now: number): boolean {
  return lastStartedAt === null || lastStartedAt > now || now - lastStartedAt >= intervalMs;
}

/**
 * The notes of the last run as they count now. What lies between two runs counts for `mostMs` at most
 * and never backwards: a clock that is set ten years ahead is one day of notice, not ten years.
 */
export function carryNotices(
  noticed: readonly Noticed[],
  lastRunAt: number,
  now: number,
  mostMs: number,
): readonly Noticed[] {
  const passed = Math.min(Math.max(now - lastRunAt, 0), mostMs);
  return noticed.map(({ id, since }) => ({
    id,
    since: now - passed - Math.max(lastRunAt - since, 0),
  }));
}

/** Which of the things found now were found long enough, and the notes for the next run. */
export function sortNoticed(
  ids: readonly string[],
  before: readonly Noticed[],
  noticeMs: number,
  now: number,
): { readonly due: readonly string[]; readonly noticed: readonly Noticed[] } {
  const sinceById = new Map(
    before.flatMap(({ id, since }) => (since <= now ? [[id, since] as const] : [])),
  );
  const all = ids.map((id) => ({ id, since: sinceById.get(id) ?? now }));
  return {
    due: all.flatMap(({ id, since }) => (now - since >= noticeMs ? [id] : [])),
    noticed: all.filter(({ since }) => now - since < noticeMs),
  };
}
