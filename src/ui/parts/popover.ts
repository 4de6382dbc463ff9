/** Distance between a popover and what opened it, and from the window's edge, in CSS pixels. */
const GAP = 6;
const EDGE = 8;

/**
 * Puts a fixed popover under its opener, or above it, or over it: where it has the room to be seen whole,
 * within what a keyboard on the screen leaves of the window.
 */
function placeBelow(panel: HTMLElement, opener: HTMLElement): void {
  const from = opener.getBoundingClientRect();
  const { offsetTop = 0, height: seen = innerHeight } = visualViewport ?? {};
  const first = offsetTop + EDGE;
  const last = offsetTop + seen - EDGE;
  panel.style.maxHeight = `${last - first}px`;
  const { width, height } = panel.getBoundingClientRect();
  const above = from.top - GAP - height;
  let top = from.bottom + GAP;
  if (top + height > last) top = above >= first ? above : Math.max(first, last - height);
  const isRightHalf = from.left + from.width / 2 > innerWidth / 2;
  const wantedLeft = isRightHalf ? from.right - width : from.left;
  const left = Math.min(Math.max(EDGE, wantedLeft), Math.max(EDGE, innerWidth - EDGE - width));
  panel.style.top = `${top}px`;
  panel.style.left = `${left}px`;
}

/**
 * Puts an opened popover in its place and the focus on its first control. Content that is still being
 * fetched is waited for.
 */
export function settlePopover(panel: HTMLElement, opener: HTMLElement): void {
  placeBelow(panel, opener);
  const first = panel.querySelector<HTMLElement>('input, button, a');
  if (first) {
    first.focus();
    return;
  }
  const observer = new MutationObserver(() => {
    if (!panel.querySelector('input, button, a')) return;
    observer.disconnect();
    if (panel.matches(':popover-open')) settlePopover(panel, opener);
  });
  observer.observe(panel, { childList: true, subtree: true });
}

/** Arrow up and down, Home and End move between the entries of a panel. For `{@attach}`. */
export function arrowKeys(panel: HTMLElement): () => void {
  function onKeydown(event: KeyboardEvent): void {
    if (event.isComposing) return;
    const entries = [...panel.querySelectorAll<HTMLElement>('button:not(:disabled), a[href]')];
    const at = entries.indexOf(document.activeElement as HTMLElement);
    const targets: Record<string, number> = {
      ArrowDown: (at + 1) % entries.length,
      ArrowUp: (at - 1 + entries.length) % entries.length,
      Home: 0,
      End: entries.length - 1,
    };
    const target = targets[event.key];
    const isTyping = event.target instanceof HTMLInputElement;
    if (target === undefined || (isTyping && !event.key.startsWith('Arrow'))) return;
    event.preventDefault();
    entries[target]?.focus();
  }
  panel.addEventListener('keydown', onKeydown);
  return () => panel.removeEventListener('keydown', onKeydown);
}
