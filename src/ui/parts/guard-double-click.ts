/** What a click is for, as a person sees it. */
const CONTROL = 'a[href], button, input, label, select, summary, textarea, dialog, [role="button"]';

/** Two clicks that are further apart are two wishes, in milliseconds. */
const DOUBLE_MS = 400;

/** What a click at `target` is for; of a label, what it names. */
function controlOf(target: EventTarget | null): Element | null {
  const control = target instanceof Element ? target.closest(CONTROL) : null;
  return control instanceof HTMLLabelElement ? (control.control ?? control) : control;
}

const nameOf = (element: Element): string =>
  element.getAttribute('aria-label') ?? element.textContent.trim();

/**
 * Keeps the second click of a double click from what took the place of what the first was for: a form that
 * gives way to its progress has a Stop there, or the edge of the dialog, which would end what was begun. The
 * same control made anew, by its name, takes it.
 */
export function guardDoubleClick(): void {
  let first: { readonly control: Element | null; readonly at: number } | undefined;
  document.addEventListener(
    'click',
    (event) => {
      const control = controlOf(event.target);
      // How often in a row, by the browser's count of time and place; 0 for a key.
      const isSecond =
        event.detail === 2 && first !== undefined && event.timeStamp - first.at < DOUBLE_MS;
      const before = first?.control;
      first = { control, at: event.timeStamp };
      if (!isSecond || !before || !control || control === before) return;
      if (control.tagName === before.tagName && nameOf(control) === nameOf(before)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}
