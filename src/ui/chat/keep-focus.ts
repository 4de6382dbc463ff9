/** Where in the thread the focus is: the how-manieth article, and the name of what has it there. */
interface Place {
  readonly at: number;
  readonly name: string | null;
  readonly group: string | null;
}

const GROUP = '[role="group"][aria-label]';

/**
 * Keeps the focus in its place when the message that has it gives way to another version, or an edit
 * ends: at the control of the same name, else at another one of the same group, else at the message.
 * Otherwise it would fall back to the top of the page. For `{@attach}` on the thread.
 */
export function keepFocus(thread: HTMLElement): () => void {
  let place: Place | undefined;

  const articles = (): HTMLElement[] => [...thread.querySelectorAll('article')];
  const nameOf = (element: Element | null | undefined): string | null =>
    element?.getAttribute('aria-label') ?? null;

  const onFocusIn = ({ target }: FocusEvent): void => {
    if (!(target instanceof HTMLElement)) return;
    const at = articles().findIndex((article) => article.contains(target));
    const group = nameOf(target.closest(GROUP));
    place = at === -1 ? undefined : { at, name: nameOf(target), group };
  };
  const onFocusOut = ({ relatedTarget }: FocusEvent): void => {
    // Without a next target the focused element was taken away, or the window lost the focus.
    if (relatedTarget instanceof Node && !thread.contains(relatedTarget)) place = undefined;
  };
  // A click beside everything means that the focus is to be nowhere.
  const onPointerDown = (): void => {
    place = undefined;
  };

  const restore = (): void => {
    if (!place || document.activeElement !== document.body) return;
    const all = articles();
    const article = all[Math.min(place.at, all.length - 1)];
    const buttons = [...(article?.querySelectorAll<HTMLElement>('button:not(:disabled)') ?? [])];
    const { name, group } = place;
    const same = buttons.find((button) => name !== null && nameOf(button) === name);
    const near = buttons.find(
      (button) => group !== null && nameOf(button.closest(GROUP)) === group,
    );
    (same ?? near ?? article)?.focus({ preventScroll: true });
  };

  const observer = new MutationObserver(restore);
  observer.observe(thread, { childList: true, subtree: true });
  thread.addEventListener('focusin', onFocusIn);
  thread.addEventListener('focusout', onFocusOut);
  document.addEventListener('pointerdown', onPointerDown, { capture: true });
  return () => {
    observer.disconnect();
    thread.removeEventListener('focusin', onFocusIn);
    thread.removeEventListener('focusout', onFocusOut);
    document.removeEventListener('pointerdown', onPointerDown, { capture: true });
  };
}
