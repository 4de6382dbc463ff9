/** What databases of the origin are called, and how one of them goes. */
import { requestResult } from './idb-request.ts';

/** The name of the copy that is made of `name` before it becomes version `version`. */
export function copyName(name: string, version: number): string {
  return `${copyPrefix(name)}${version}`;
}

function copyPrefix(name: string): string {
  return `${name}-before-v`;
}

/** Whether {@link copyName} gave `found` for `name`. */
export function isCopyName(name: string, found: string): boolean {
  const prefix = copyPrefix(name);
  return found.startsWith(prefix) && /^\d+$/.test(found.slice(prefix.length));
}

/** Deletes the copies that were made before upgrades of `name`. */
export async function deleteCopies(name: string): Promise<void> {
  for (const { name: found } of await indexedDB.databases()) {
    if (found !== undefined && isCopyName(name, found)) await deleteDatabase(found);
  }
}

/** Deletes a database; waits until nobody has it open any more. */
export async function deleteDatabase(name: string): Promise<void> {
  await requestResult(indexedDB.deleteDatabase(name));
}
