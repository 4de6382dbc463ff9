import type { Page } from '@playwright/test';

/** Name of the folder that is picked. */
export const FOLDER = 'picked by me';

/**
 * The browser's own dialog cannot be driven: in its place a real folder of the browser's file system is
 * handed over, with the handle, the permissions and the files of any other.
 */
export async function pickWithoutDialog(page: Page): Promise<void> {
  await page.addInitScript((name) => {
    Object.assign(window, {
      showDirectoryPicker: async () => {
        const root = await navigator.storage.getDirectory();
        return root.getDirectoryHandle(name, { create: true });
      },
    });
  }, FOLDER);
}
