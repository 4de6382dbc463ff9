/** Remembers over starts that a log of the browser may be torn, and mends it. See [Note: Torn log]. */

/** Stands in `localStorage` from when the browser closed the database until its log is whole again. */
const TORN_KEY = 'onggi.torn';

/** The browser closed the database. */
export function noteTorn(): void {
  try {
    localStorage.setItem(TORN_KEY, '1');
  } catch {
    // A full disk may refuse this too; what is opened again in this page does not need the note.
  }
}

/** The log is whole: the database is open again. */
export function forgetTorn(): void {
  localStorage.removeItem(TORN_KEY);
}

/**
 * Mends the log where one was noted as torn, before anything is written where the disk was full. What fails
 * for another reason than room keeps nobody out; it is tried again at the next start.
 * @throws OnggiError `db/no-space`
 */
export async function mendLog(): Promise<void> {
  if (!localStorage.getItem(TORN_KEY)) return;
  const { turnLogIfRoom } = await import('./turn-log.ts');
  if (await turnLogIfRoom()) forgetTorn();
}
