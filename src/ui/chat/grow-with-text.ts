/** From this length on a box is as tall as it may be: measuring a whole book at every key takes too long. */
const LONG_TEXT = 20_000;

/** Makes a text box as tall as its text, up to its `max-height`. For `{@attach}`. */
export function growWithText(field: HTMLTextAreaElement): () => void {
  const canSize = CSS.supports('field-sizing', 'content');
  const grow = (): void => {
    const isLong = field.value.length > LONG_TEXT;
    field.style.height = isLong ? '60vh' : 'auto';
    if (canSize) field.style.setProperty('field-sizing', isLong ? 'fixed' : 'content');
    else if (!isLong) field.style.height = `${field.scrollHeight + 2}px`;
  };
  grow();
  field.addEventListener('input', grow);
  return () => field.removeEventListener('input', grow);
}
