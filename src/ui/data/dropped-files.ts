import type { RefusedFile } from '#domain/import-report.ts';
import type { GivenFile } from '#state/imports.svelte.ts';

/** Deepest folder that a drop is followed into. */
const MAX_FOLDER_DEPTH = 12;

/** Whether a drag brings files, and not text of the page. */
export function bringsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/** The files of a drop, and what of it the browser does not let be read. */
interface Dropped {
  readonly files: GivenFile[];
  readonly refused: RefusedFile[];
}

/**
 * All files of a drop, those inside folders too, those with the path they were dropped under: only
 * that tells the files of two folders apart. A file or folder that cannot be read is named and stops
 * nothing else. Has to be called during the event: what was dropped is gone afterwards.
 */
export async function readDroppedFiles(data: DataTransfer): Promise<Readonly<Dropped>> {
  const plain = [...data.files];
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (!entries.some(({ isDirectory }) => isDirectory)) return { files: plain, refused: [] };
  const dropped: Dropped = { files: [], refused: [] };
  for (const entry of entries) await collect(entry, 0, dropped);
  return dropped;
}

async function collect(entry: FileSystemEntry, depth: number, dropped: Dropped): Promise<void> {
  // Without the slash in front: the path begins at the drop.
  const path = entry.fullPath.slice(1);
  try {
    if (isFile(entry)) {
      const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
      dropped.files.push({ file, path });
    } else if (!isFolder(entry)) return;
    else if (depth < MAX_FOLDER_DEPTH) await collectFolder(entry, depth, dropped);
    else dropped.refused.push({ name: path, code: 'file/too-deep', detail: null });
  } catch (error) {
    const detail = error instanceof Error ? error.name : null;
    dropped.refused.push({ name: path, code: 'file/unreadable', detail });
  }
}

async function collectFolder(
  folder: FileSystemDirectoryEntry,
  depth: number,
  dropped: Dropped,
): Promise<void> {
  const reader = folder.createReader();
  // A folder gives its entries a hundred at a time, and an empty list at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (some.length === 0) return;
    for (const inner of some) await collect(inner, depth + 1, dropped);
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
