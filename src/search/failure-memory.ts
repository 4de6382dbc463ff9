/**
 * Of what models failed.
 *
 * [Note: A model that fails] What failed is begun anew by a question once for each reason, until it works again:
 * a refused key is not asked about with every letter that is typed. Afterwards it takes the person (`rechoose`),
 * a minute where it may pass by itself (a server that was off says nothing when it is on again), or something
 * that may have mended it (`retryFailed`): another key or address, the network that came back.
 */
import type { ErrorCode } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';

/** What may be over by itself, without a sign: it is tried again by a question after so long, milliseconds. */
const PASSING: readonly ErrorCode[] = [
  'model/unreachable',
  'model/stuck',
  'provider/offline',
  'provider/unreachable',
  'provider/rate-limited',
  'provider/server',
  'provider/interrupted',
  'provider/idle',
  'provider/first-byte-timeout',
  'db/quota',
  'db/no-space',
  'db/hang',
  'db/no-answer',
];
const PASSING_MS = 60_000;

/** So many questions of which workers died are remembered. */
const MOST_DEADLY = 100;

/** So that a question begins nothing that would fail again. */
export interface FailureMemory {
  /** How often something was mended of which a run may have failed. */
  mendedCount(): number;
  /** Something was mended: everything may be tried again. */
  forget(): void;
  /** A run has everything: each reason may be tried again once. */
  noteWhole(): void;
  /** Whether a question may begin anew what failed for this reason; from then on it was tried. */
  mayTryAgain(reason: ErrorCode): boolean;
  /** Whether one worker died after the other of this question. */
  isDeadly(text: string): boolean;
  noteDeadly(text: string): void;
}

export function createFailureMemory(clock: Clock): FailureMemory {
  let mendedCount = 0;
  /** Reasons for which a question began a failed run anew, and when. */
  const triedAgain = new Map<ErrorCode, number>();
  const deadly = new Set<string>();
  return {
    mendedCount: () => mendedCount,
    forget() {
      mendedCount += 1;
      triedAgain.clear();
      deadly.clear();
    },
    noteWhole: () => triedAgain.clear(),
    mayTryAgain(reason) {
      // A vault asks nobody, and is opened by the person.
      if (reason === 'vault/locked') return true;
      const before = triedAgain.get(reason);
      const hasRested = before !== undefined && clock() - before >= PASSING_MS;
      const isDue = before === undefined || (hasRested && PASSING.includes(reason));
      if (isDue) triedAgain.set(reason, clock());
      return isDue;
    },
    isDeadly: (text) => deadly.has(text),
    noteDeadly(text) {
      deadly.add(text);
      const [oldest = text] = deadly;
      if (deadly.size > MOST_DEADLY) deadly.delete(oldest);
    },
  };
}
