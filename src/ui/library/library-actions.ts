import type { App } from '#state/app.svelte.ts';
import type { Library } from '#state/library.svelte.ts';
import type { LibraryDocument } from '#domain/stored-rows.ts';

/** Deletes a document and offers the way back. @returns whether it is gone */
export async function removeWithUndo(
  app: App,
  library: Library,
  document: LibraryDocument,
): Promise<boolean> {
  const undo = await library.remove(document);
  if (!undo) return false;
  const offer = (): void =>
    app.parts.toasts.show('library.removed', {
      values: { name: document.name },
      action: { key: 'common.undo', run: () => void bringBack() },
    });
  const bringBack = async (): Promise<void> => {
    // The text is nowhere else: where there is no room for it yet, the way back stays open.
    if (!(await undo())) offer();
  };
  offer();
  return true;
}
