/**
 * Sends on the Enter that is meant as Enter, never on the one that ends a composition (CHAT section
 * 5). A keydown cannot tell the two apart in every browser and input method; `beforeinput` with
 * `insertLineBreak` comes only for the former. A Korean Enter commits the syllable and sends at
 * once; a Japanese one only confirms. On touch screens Enter makes a line.
 */
export function enterToSend(textarea: HTMLTextAreaElement, send: () => void): () => void {
  const isTouch = matchMedia('(pointer: coarse)');
  let isShiftHeld = false;

  const onKeydown = (event: KeyboardEvent): void => {
    isShiftHeld = event.shiftKey;
  };
  const onBeforeInput = (event: InputEvent): void => {
    if (event.inputType !== 'insertLineBreak' || event.isComposing) return;
    if (isShiftHeld || isTouch.matches) return;
    event.preventDefault();
    // In the next task the input method has put its last syllable into the box.
    setTimeout(send);
  };
  textarea.addEventListener('keydown', onKeydown);
  textarea.addEventListener('beforeinput', onBeforeInput);
  return () => {
    textarea.removeEventListener('keydown', onKeydown);
    textarea.removeEventListener('beforeinput', onBeforeInput);
  };
}
