/** Hands a text to the person as a file. */
export function downloadText(fileName: string, text: string, mediaType: string): void {
  downloadBlob(fileName, new Blob([text], { type: mediaType }));
}

/** Hands bytes to the person as a file. */
export function downloadBlob(fileName: string, blob: Blob): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser reads it after the click; a minute is plenty for it to begin.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

interface FilePickers {
  showSaveFilePicker?(options: { suggestedName: string }): Promise<FileSystemFileHandle>;
  showDirectoryPicker?(options: {
    mode: 'readwrite';
    id: string;
  }): Promise<FileSystemDirectoryHandle>;
}

/** The pickers of this browser; TypeScript's library does not know them yet. */
function pickers(): FilePickers {
  const page: object = window;
  return page;
}

/** Whether the browser lets a page write into a file that the person picks. */
export const canPickFile = (): boolean => 'showSaveFilePicker' in window;
/** Whether the browser lets a page keep a folder that the person picks. */
export const canPickFolder = (): boolean => 'showDirectoryPicker' in window;

/** Asks for a file to write into; undefined when the person changed their mind. */
export function pickFile(suggestedName: string): Promise<FileSystemFileHandle | undefined> {
  return unlessAborted(pickers().showSaveFilePicker?.({ suggestedName }));
}

/** Asks for a folder to write into; undefined when the person changed their mind. */
export function pickFolder(): Promise<FileSystemDirectoryHandle | undefined> {
  return unlessAborted(pickers().showDirectoryPicker?.({ mode: 'readwrite', id: 'onggi-copies' }));
}

async function unlessAborted<T>(picked: Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await picked;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') return undefined;
    throw error;
  }
}
