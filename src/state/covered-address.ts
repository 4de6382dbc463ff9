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

/** Gives the entry another address and state. @returns false where it is tried again later */
function replace(state: v.InferOutput<typeof Covered> | null, hash: string): boolean {
  try {
    history.replaceState(state, '', hash || EMPTY);
    return true;
  } catch {
    const wasCovered = kept !== undefined;
    const again = wasCovered ? stay : reveal;
    setTimeout(() => wasCovered === (kept !== undefined) && again(), AGAIN_MS);
    return false;
  }
}

function cover(): void {
  const { hash } = location;
  if (readCovered() !== undefined || hash === '' || hash === EMPTY) return;
  replace({ coveredHash: hash }, EMPTY);
}

/** Lets an entry of the history say again what it said; the page follows as with any other address. */
function reveal(): void {
  const hash = readCovered();
  if (hash === undefined || !replace(null, hash)) return;
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
  if (hash !== undefined && hash !== location.hash) replace(null, hash);
}
