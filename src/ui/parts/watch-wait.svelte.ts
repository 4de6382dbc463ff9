/** A wait in whole seconds as it passes; `look` after something may have begun one. */
export function watchWait(readMs: () => number): { readonly seconds: number; look(): void } {
  let seconds = $state(0);
  const look = (): void => {
    seconds = Math.ceil(readMs() / 1000);
  };
  look();
  $effect(() => {
    const timer = setInterval(look, 250);
    return () => clearInterval(timer);
  });
  return {
    get seconds() {
      return seconds;
    },
    look,
  };
}
