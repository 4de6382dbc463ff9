/** What the page of the import bench offers to the script that drives it. */

/** Milliseconds from each key press to its handler, and to the frame that shows it. */
export interface KeyWaits {
  handled: number[];
  shown: number[];
}

export interface ImportBenchResult {
  readonly seconds: number;
  /** Of importing the same file once more, which changes nothing. */
  readonly againSeconds: number;
  readonly conversations: number;
  readonly messages: number;
  readonly waits: KeyWaits;
}

export interface ImportBench {
  /** Makes the file, of so many bytes of JSON. @returns its own size in bytes. */
  make(asked: { readonly sizeBytes: number; readonly isZip: boolean }): Promise<number>;
  run(): Promise<ImportBenchResult>;
}

declare global {
  interface Window {
    importBench: ImportBench;
  }
}
