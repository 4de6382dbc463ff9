/** What a click is for, as a person sees it. */
const CONTROL = 'a[href], button, input, label, select, summary, textarea, dialog, [role="button"]';

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
  let first: Element | null = null;
  document.addEventListener(
    'click',
    (event) => {
      const control = controlOf(event.target);
      // How often in a row, by the browser's count of time and distance; 0 for a key.
      if (event.detail < 2 || !control || !first) {
        first = control;
        return;
      }
      const isSame =
        control === first ||
        (control.tagName === first.tagName && nameOf(control) === nameOf(first));
      if (isSame) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}
