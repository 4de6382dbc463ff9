/** Imports and exports beside the page. */
import { openPageDatabase } from '#db/open-database.ts';
import { servePortability } from './serve-portability.ts';

const clock = (): number => Date.now();
const ignore = (): undefined => undefined;

const take = servePortability(
  { postMessage: (message) => postMessage(message) },
  {
    clock,
    createId: () => crypto.randomUUID(),
    // The page hears of an upgrade itself; here the next write fails.
    openDatabase: (name) =>
      openPageDatabase(name, {
        clock,
        events: { onSuperseded: ignore, onBlocked: ignore, onLost: ignore },
      }),
  },
);

addEventListener('message', ({ data }: MessageEvent<unknown>) => take(data));
