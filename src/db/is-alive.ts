import { LOCAL_USER_ID } from '#domain/ids.ts';
import { inTime } from './in-time.ts';
import type { OnggiDatabase } from './open-database.ts';

/** No longer than a write may take. */
const PATIENCE_MS = 5000;

/**
 * Whether an open database that gave no event in time (`db/hang`) was only slow. The read waits behind every
 * write that was begun before, of whichever connection: where it is answered, those are over.
 */
export async function isAlive({ strict }: OnggiDatabase): Promise<boolean> {
  try {
    const read = strict.transaction('r', strict.tables, () =>
      strict.userSettings.get(LOCAL_USER_ID),
    );
    await inTime(read, PATIENCE_MS);
    return true;
  } catch {
    return false;
  }
}
