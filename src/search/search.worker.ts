/** Owns the sidecars of search and the WebAssembly memory; one for all tabs. See search-messages.ts. */
import { openPageDatabase } from '#db/open-database.ts';
import { openChosenMeaning } from './open-meaning.ts';
import { serveSearch } from './serve-search.ts';

const clock = (): number => Date.now();
/** From this much memory on (in GB; browsers tell at most 8) text stays in memory between searches. */
const RESIDENT_FROM_GB = 8;
const deviceMemory =
  'deviceMemory' in navigator && typeof navigator.deviceMemory === 'number'
    ? navigator.deviceMemory
    : 0;
const ignore = (): undefined => undefined;

addEventListener(
  'message',
  ({ data, ports: [port] }: MessageEvent<unknown>) => {
    if (!port || typeof data !== 'string') return;
    serveSearch(port, {
      clock,
      openMeaning: (db, store, askPage, onStatus) =>
        openChosenMeaning({ db, store, clock, askPage, onStatus }),
      isResident: deviceMemory >= RESIDENT_FROM_GB,
      // The page hears of an upgrade itself; here the next read fails.
      openDatabase: () =>
        openPageDatabase(data, {
          clock,
          events: { onSuperseded: ignore, onBlocked: ignore, onLost: ignore },
        }),
    });
  },
  { once: true },
);
