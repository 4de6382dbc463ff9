/** What a frame may take, in milliseconds. */
const LONG_MS = 50;

/** Counts the frames of this page from now on; `stop` gives the longest, in milliseconds. */
export function watchFrames() {
  const start = performance.now();
  const longAt: number[] = [];
  let longest = 0;
  let count = 0;
  let last = performance.now();
  let isOn = true;
  const next = (now: number): void => {
    longest = Math.max(longest, now - last);
    if (now - last > LONG_MS) longAt.push((now - start) / 1000);
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
    /** Which were too long, for a note. */
    describe: () =>
      longAt.length === 0
        ? 'none longer'
        : `${longAt.length} longer, after ${longAt.map((s) => s.toFixed(1)).join(', ')} s`,
    stop(): number {
      isOn = false;
      return longest;
    },
  };
}
