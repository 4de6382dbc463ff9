import type { SidecarStore } from './sidecar-store.ts';
import { openTextIndex } from './text-index.ts';

/** So long after a try the files are tried again, milliseconds. */
const PAUSE_MS = 5000;

/** Resolves when the files of the text index, which could not be opened, can be; they are closed again then. */
export async function waitForFiles(store: SidecarStore): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    try {
      const index = await openTextIndex(store);
      index.close();
      return;
    } catch {
      // Still held, or still no room.
    }
  }
}
