/** What a frame may take, in milliseconds. */
const LONG_MS = 50;

/** Counts the frames of this page from now on; `stop` gives the longest, in milliseconds. */
export function watchFrames() {
  const start = performance.now();
  const longAt: number[] = [];
  /** Of the page's own thread: frames may also be late because all cores are busy. */
  const longTasks: number[] = [];
  const observer = new PerformanceObserver((list) => {
    longTasks.push(...list.getEntries().map(({ duration }) => duration));
  });
  observer.observe({ type: 'longtask' });
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
      (longAt.length === 0
        ? 'none longer'
        : `${longAt.length} longer, after ${longAt.map((s) => s.toFixed(1)).join(', ')} s`) +
      `; tasks of the page above ${LONG_MS} ms: ${longTasks.map((ms) => Math.round(ms)).join(', ') || 'none'}`,
    stop(): number {
      isOn = false;
      observer.disconnect();
      return longest;
    },
  };
}
