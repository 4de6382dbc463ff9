/** Makes a text box as tall as its text, up to its `max-height`. For `{@attach}`. */
export function growWithText(field: HTMLTextAreaElement): () => void {
  if (CSS.supports('field-sizing', 'content')) {
    field.style.setProperty('field-sizing', 'content');
    return () => undefined;
  }
  const grow = (): void => {
    field.style.height = 'auto';
    field.style.height = `${field.scrollHeight + 2}px`;
  };
  grow();
  field.addEventListener('input', grow);
  return () => field.removeEventListener('input', grow);
}
