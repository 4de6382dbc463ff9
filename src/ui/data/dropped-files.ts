import type { GivenFile } from '#state/imports.svelte.ts';

/** Deepest folder that a drop is followed into. */
const MAX_FOLDER_DEPTH = 12;

/** Whether a drag brings files, and not text of the page. */
export function bringsFiles(event: DragEvent): boolean {
  return event.dataTransfer?.types.includes('Files') ?? false;
}

/**
 * All files of a drop, those inside folders too, those with the path they were dropped under: only
 * that tells the files of two folders apart. Has to be called during the event: what was dropped is
 * gone afterwards.
 */
export async function readDroppedFiles(data: DataTransfer): Promise<readonly GivenFile[]> {
  const plain = [...data.files];
  const entries = [...data.items].flatMap((item) => item.webkitGetAsEntry() ?? []);
  if (!entries.some(({ isDirectory }) => isDirectory)) return plain;
  const files: GivenFile[] = [];
  for (const entry of entries) await collect(entry, 0, files);
  return files;
}

async function collect(entry: FileSystemEntry, depth: number, files: GivenFile[]): Promise<void> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    // Without the slash in front: the path begins at the drop.
    files.push({ file, path: entry.fullPath.slice(1) });
  } else if (isFolder(entry) && depth < MAX_FOLDER_DEPTH) {
    const reader = entry.createReader();
    // A folder gives its entries a hundred at a time, and an empty list at the end.
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (some.length === 0) return;
      for (const inner of some) await collect(inner, depth + 1, files);
    }
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
