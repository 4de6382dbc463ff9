/** Counts the frames of this page from now on; `stop` gives the longest, in milliseconds. */
export function watchFrames() {
  let longest = 0;
  let count = 0;
  let last = performance.now();
  let isOn = true;
  const next = (now: number): void => {
    longest = Math.max(longest, now - last);
    last = now;
    count += 1;
    if (isOn) requestAnimationFrame(next);
  };
  requestAnimationFrame((now) => {
    last = now;
    requestAnimationFrame(next);
  });
  return {
    count: () => count,
    stop(): number {
      isOn = false;
      return longest;
    },
  };
}
