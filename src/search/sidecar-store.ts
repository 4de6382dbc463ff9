/** Files of the index, wherever they are kept. */

/** A file that grows, or is cut at its end; what is in it is overwritten only to be gone. One user at a time. */
export interface SidecarFile {
  readonly size: number;
  /** Fills `target` from the byte `at` on. @throws what the storage throws when it is not all there */
  read(target: Uint8Array, at: number): Promise<void> | undefined;
  append(bytes: Uint8Array): Promise<void> | undefined;
  /** Writes over what is in the file from the byte `at` on. @throws RangeError past its end */
  overwrite(bytes: Uint8Array, at: number): Promise<void> | undefined;
  truncate(size: number): Promise<void> | undefined;
  /** Resolves when everything that was appended would survive the end of the page. */
  flush(): Promise<void> | undefined;
  close(): void;
}

/** A folder of such files. */
export interface SidecarStore {
  readonly kind: 'opfs' | 'table' | 'memory';
  list(): Promise<readonly string[]>;
  /** Opens a file and makes it when it is not there. */
  open(name: string): Promise<SidecarFile>;
  /** Whether so many bytes would be taken in; left out where nobody can say. */
  hasRoom?(byteLength: number): Promise<boolean>;
  /** Deletes a file that is not open; nothing happens when it is not there. */
  remove(name: string): Promise<void>;
}
