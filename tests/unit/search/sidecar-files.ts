/** Whole files of a sidecar store, to be damaged by tests. */
import type { SidecarStore } from '#search/sidecar-store.ts';

export async function readFile(store: SidecarStore, name: string): Promise<Uint8Array> {
  const file = await store.open(name);
  const bytes = new Uint8Array(file.size);
  if (bytes.length > 0) await file.read(bytes, 0);
  file.close();
  return bytes;
}

export async function writeFile(
  store: SidecarStore,
  name: string,
  bytes: Uint8Array,
): Promise<void> {
  const file = await store.open(name);
  await file.truncate(0);
  await file.append(bytes);
  file.close();
}
