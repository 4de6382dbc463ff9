/** What had the focus is gone with the screen before: a screen reader goes on at the new title. For `{@attach}`. */
export function takeLostFocus(heading: HTMLElement): void {
  if (document.activeElement === document.body) heading.focus({ preventScroll: true });
}
