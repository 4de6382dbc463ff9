/**
 * What the address says while the lock stands. The words of a search are in it, so it says nothing then: what
 * it said is kept in the state of its entry in the history, which nobody sees and which outlasts a reload.
 */
import * as v from 'valibot';

const Covered = v.object({ coveredHash: v.string() });
const EMPTY = '#/';
/** Pages of their own, which open without the lock. */
const OWN_PAGES = /^#\/(erase|rescue)/;

/** Safari and Firefox refuse more than a hundred changes in some seconds: one is then tried again. */
const AGAIN_MS = 2000;

/** What the page said that is hidden behind the lock; undefined where none is covered. */
let kept: string | undefined;

function readCovered(): string | undefined {
  const state: unknown = history.state;
  return v.is(Covered, state) ? state.coveredHash : undefined;
}

function cover(): void {
  const { hash } = location;
  if (readCovered() !== undefined || hash === '' || hash === EMPTY) return;
  try {
    history.replaceState({ coveredHash: hash } satisfies v.InferOutput<typeof Covered>, '', EMPTY);
  } catch {
    setTimeout(() => kept !== undefined && stay(), AGAIN_MS);
  }
}

/** Lets an entry of the history say again what it said; the page follows as with any other address. */
function reveal(): void {
  const hash = readCovered();
  if (hash === undefined) return;
  try {
    history.replaceState(null, '', hash || EMPTY);
  } catch {
    setTimeout(() => kept === undefined && reveal(), AGAIN_MS);
    return;
  }
  dispatchEvent(new HashChangeEvent('hashchange'));
}

/** Whoever goes back or forth while it is locked sees no other address. */
function stay(): void {
  if (!OWN_PAGES.test(location.hash)) cover();
}

/** Lets the address say nothing from now on. Nothing happens when it already does. */
export function coverAddress(): void {
  if (kept !== undefined) return;
  kept = readCovered() ?? location.hash;
  removeEventListener('popstate', reveal);
  addEventListener('popstate', stay);
  cover();
}

/**
 * Lets it say again what it said.
 * @param isPageKept Whether the page that was hidden comes back: it is where it was, wherever somebody went
 * back or forth to meanwhile.
 */
export function uncoverAddress(isPageKept: boolean): void {
  removeEventListener('popstate', stay);
  // Entries that were gone through behind the lock are covered still.
  addEventListener('popstate', reveal);
  const hash = isPageKept && kept !== undefined ? kept : readCovered();
  kept = undefined;
  if (hash === undefined || hash === location.hash) return;
  try {
    history.replaceState(null, '', hash || EMPTY);
  } catch {
    setTimeout(() => kept === undefined && reveal(), AGAIN_MS);
  }
}
