/**
 * What only a person does. `scroll` is not among it: an answer that is being written scrolls the page too,
 * and whoever scrolls does it with one of these.
 */
const ACTIVITY = ['pointerdown', 'keydown', 'wheel', 'touchstart'] as const;

/** Calls `onActivity` with everything the person does on this page, until it is closed. */
export function watchActivity(onActivity: () => void): void {
  const options = { capture: true, passive: true };
  for (const name of ACTIVITY) addEventListener(name, onActivity, options);
}
