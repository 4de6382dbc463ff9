/**
 * What the address says while the lock stands. The words of a search are in it, so it says nothing then: what
 * it said is kept in the state of its entry in the history, which nobody sees and which outlasts a reload.
 */
import * as v from 'valibot';

const Covered = v.object({ coveredHash: v.string() });
const EMPTY = '#/';
/** Pages of their own, which open without the lock. */
const OWN_PAGES = /^#\/(erase|rescue)/;

/** What the page said that is hidden behind the lock; undefined where none is covered. */
let kept: string | undefined;

function readCovered(): string | undefined {
  const state: unknown = history.state;
  return v.is(Covered, state) ? state.coveredHash : undefined;
}

function cover(): void {
  const { hash } = location;
  if (readCovered() !== undefined || hash === '' || hash === EMPTY) return;
  history.replaceState({ coveredHash: hash } satisfies v.InferOutput<typeof Covered>, '', EMPTY);
}

/** Whoever goes back or forth while it is locked sees no other address. */
function stay(): void {
  if (!OWN_PAGES.test(location.hash)) cover();
}

/** Lets the address say nothing from now on. Nothing happens when it already does. */
export function coverAddress(): void {
  if (kept !== undefined) return;
  kept = readCovered() ?? location.hash;
  cover();
  addEventListener('popstate', stay);
}

/**
 * Lets it say again what it said.
 * @param isPageKept Whether the page that was hidden comes back: it is where it was, wherever somebody went
 * back or forth to meanwhile.
 */
export function uncoverAddress(isPageKept: boolean): void {
  removeEventListener('popstate', stay);
  const hash = isPageKept && kept !== undefined ? kept : readCovered();
  kept = undefined;
  if (hash !== undefined && hash !== location.hash) history.replaceState(null, '', hash || EMPTY);
}
