/**
 * A screen that opens takes the focus, so that reading and Tab go on at its title: not from a field that is
 * being written in, and not from a dialog. For `{@attach}`.
 */
export function takeFocus(heading: HTMLElement): void {
  if (document.activeElement?.closest('input, textarea, select, dialog')) return;
  heading.focus({ preventScroll: true });
}
