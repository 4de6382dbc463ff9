/** Where the focus was. */
interface Place {
  readonly element: HTMLElement;
  /** The point before it: a range stays in the page when what is around it is taken away. */
  readonly point: Range;
  readonly name: string;
  readonly group: string | null;
  /** The how-manieth message of the conversation it was in; -1 for none. */
  readonly at: number;
  /** What stands over the page for a while, where it was in that. */
  readonly layer: Element | null;
}

const FOCUSABLE = 'a[href], button, input, select, textarea, summary, [tabindex]';
const LAYER = 'dialog, [popover], .find, .toast';
const GROUP = '[role="group"][aria-label]';
/** What is around everything: what stands there is no neighbour of what was lost. */
const OUTSIDE = 'dialog, .sheet, .sheet > *, .sheet > .content > *, main, :has(main)';

const nameOf = (element: Element): string =>
  element.getAttribute('aria-label') ?? element.textContent.trim();
const groupOf = (element: Element): string | null =>
  element.closest(GROUP)?.getAttribute('aria-label') ?? null;

const canTake = (element: HTMLElement): boolean =>
  element.isConnected &&
  !element.matches(':disabled, [inert], [inert] *') &&
  element.checkVisibility({ visibilityProperty: true });

const find = (selector: string, around: ParentNode = document): HTMLElement[] =>
  [...around.querySelectorAll<HTMLElement>(selector)].filter(canTake);

const alike = (all: readonly HTMLElement[], { name, group }: Place): HTMLElement | undefined =>
  all.find((element) => nameOf(element) === name) ??
  all.find((element) => group !== null && groupOf(element) === group);

const isTouch = (): boolean => matchMedia('(pointer: coarse)').matches;

/** What is nearest to where the focus was: of the same name, else behind it, else before it. */
function nearest(place: Place): HTMLElement | undefined {
  const { point, at } = place;
  const { startContainer: start } = point;
  const first = start instanceof HTMLElement ? start : start.parentElement;
  // What was done in the message box, stopping an answer first of all, is followed by writing.
  const box = first?.closest('.composer')?.querySelector<HTMLElement>('textarea');
  // On touch that would bring the keyboard over the answer.
  if (box) return isTouch() ? undefined : box;
  for (let around = first; around && !around.matches(OUTSIDE); around = around.parentElement) {
    if (around.tagName === 'ARTICLE') return around;
    // Another version of a message, and what follows it, came in the place of the whole article.
    const articles = at < 0 ? [] : find('article', around);
    const article = articles[Math.min(at, articles.length - 1)];
    if (article) return alike(find(FOCUSABLE, article), place) ?? article;
    const all = find(FOCUSABLE, around);
    const behind = all.filter((element) => point.comparePoint(element, 0) > 0);
    const found = alike(behind, place) ?? behind[0] ?? all.at(-1);
    if (found) return found;
    // What another card does has nothing to do with what was done in this one.
    const title = around.tagName === 'SECTION' && around.querySelector('h2');
    if (title) {
      title.tabIndex = -1;
      return title;
    }
  }
  return undefined;
}

/**
 * Gives the focus to what is next to it when what has it is taken away or hidden, as the browser would
 * begin at the top of the page again. What is only disabled gets it back, unless it is in a dialog. Whoever
 * knows a better place takes it at once: this comes a frame later.
 * @returns what ends it
 */
export function keepFocus(): () => void {
  const ending = new AbortController();
  const { signal } = ending;
  /** The last place, and the last one in the page itself. */
  let last: Place | undefined;
  let inPage: Place | undefined;
  let isDue = false;
  // A click beside everything, or leaving a field without a step to another, means that it is to be nowhere.
  let isNowhere = false;

  const isLost = (): boolean =>
    document.activeElement === document.body && document.hasFocus() && !isNowhere;

  function choose(): HTMLElement | undefined {
    const dialog = find('dialog:modal').at(-1);
    // Of layers that are gone nothing is left but the page below.
    const place = last?.layer && !canTake(last.layer as HTMLElement) ? inPage : last;
    if (dialog) {
      const near = place && isIn(dialog, place) ? retake(place) : undefined;
      return near ?? dialog.querySelector<HTMLElement>('h2') ?? undefined;
    }
    if (place?.element.isConnected && place.element.matches(':disabled')) {
      return find('button', place.element.closest(GROUP) ?? place.element)[0];
    }
    return (
      (place && retake(place)) ??
      find('main h1[tabindex]')[0] ??
      (isTouch() ? undefined : find('#composer')[0])
    );
  }

  const isIn = (dialog: HTMLElement, { element, point }: Place): boolean =>
    !element.matches(':disabled') && dialog.contains(point.startContainer);
  const retake = (place: Place): HTMLElement | undefined =>
    canTake(place.element) ? place.element : nearest(place);

  const observer = new MutationObserver(() => {
    const { activeElement: active } = document;
    if (isDue || !last || !(isLost() || active?.matches(':disabled, [inert] *'))) return;
    isDue = true;
    requestAnimationFrame(() =>
      setTimeout(() => {
        isDue = false;
        if (isLost() && !signal.aborted) choose()?.focus({ preventScroll: true });
      }),
    );
  });
  observer.observe(document.body, {
    childList: true,
    subtree: true,
    attributeFilter: ['disabled', 'inert'],
  });
  signal.addEventListener('abort', () => {
    observer.disconnect();
  });
  const noteIn = ({ target: element }: Event): void => {
    if (!(element instanceof HTMLElement)) return;
    isNowhere = false;
    const point = new Range();
    point.setStartBefore(element);
    const layer = element.closest(LAYER);
    const article = element.closest('article');
    const at = article ? [...document.querySelectorAll('article')].indexOf(article) : -1;
    last = { element, point, name: nameOf(element), group: groupOf(element), at, layer };
    if (!layer) inPage = last;
  };
  document.addEventListener('focusin', noteIn, { signal });
  // Tab went out of the page, or a keyboard on touch was put away: nothing changed that took the focus.
  const noteOut = ({ target: element, relatedTarget }: FocusEvent): void => {
    if (relatedTarget !== null || !(element instanceof HTMLElement)) return;
    const look = (): void => {
      if (!isDue && document.activeElement === document.body && canTake(element)) isNowhere = true;
    };
    // After the observer has seen what changed in this turn, and before anything later does.
    queueMicrotask(() => queueMicrotask(look));
  };
  document.addEventListener('focusout', noteOut, { signal });
  // By then what was clicked has the focus, or nothing.
  const look = () => setTimeout(() => (isNowhere = document.activeElement === document.body));
  document.addEventListener('mousedown', look, { capture: true, signal });
  return () => {
    ending.abort();
  };
}
