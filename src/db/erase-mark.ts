/** Whether everything of this origin is being erased: asked before anything else at the start. */
import { readHeldLocks } from './locks.ts';

/**
 * The page that erases holds it as long as it is open, so that no other page begins anew beside it.
 */
export const ERASE_LOCK = 'onggi-erase';
/** Stands in `localStorage` from the person's yes until nothing is left. */
const KEY = 'onggi.erasing';

type Memory = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

/** Whether another page erases, or erased and is still open. */
export async function isErasedElsewhere(): Promise<boolean> {
  return (await readHeldLocks(ERASE_LOCK)).length > 0;
}

/** Whether the page was closed before everything was gone: then it goes on at the next start. */
export function isEraseUnfinished(memory?: Memory): boolean {
  try {
    // Where the browser keeps sites from storing, even naming it throws.
    return (memory ?? localStorage).getItem(KEY) !== null;
  } catch {
    return false;
  }
}

/** Notes that erasing begins. Where nothing can be noted, a closed page ends it. */
export function noteErase(memory?: Memory): void {
  try {
    (memory ?? localStorage).setItem(KEY, '1');
  } catch {
    // localStorage is full or switched off.
  }
}

/** The person leaves what could not be erased. */
export function forgetErase(memory?: Memory): void {
  try {
    (memory ?? localStorage).removeItem(KEY);
  } catch {
    // Nothing was noted.
  }
}
