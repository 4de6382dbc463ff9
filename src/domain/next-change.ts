/**
 * When a change of a row is noted to have been made, epoch milliseconds: now, but always after the change
 * before, which a clock that was ahead may have dated. Else the copy without the change would be the later.
 */
export function nextChangeAt(lastChangeAt: number, now: number): number {
  return now > lastChangeAt ? now : lastChangeAt + 1;
}
