/** Objects as they come out of a file: nothing is known of their fields. */

/** An object of a file. */
export type FileObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object of a file, and no list. */
export function isFileObject(value: unknown): value is FileObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
