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
  app.parts.toasts.show('library.removed', {
    values: { name: document.name },
    action: { key: 'common.undo', run: () => void undo() },
  });
  return true;
}
