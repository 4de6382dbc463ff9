/** Looking for bytes in everything that search has stored. */
import type { OnggiDatabase } from '#db/open-database.ts';
import type { SidecarStore } from '#search/sidecar-store.ts';
import { readFile } from './sidecar-files.ts';

/** Whether `part` stands in `bytes`. */
export function hasBytes(bytes: Uint8Array, part: Uint8Array): boolean {
  const [first] = part;
  if (first === undefined) return true;
  for (let at = bytes.indexOf(first); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (part.every((byte, offset) => bytes[at + offset] === byte)) return true;
  }
  return false;
}

/** Everything in the tables of search and in its files, by name. */
export async function readStored(
  { strict: db }: OnggiDatabase,
  store?: SidecarStore,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const found = new Map<string, Uint8Array>();
  for (const block of await db.embeddings.toArray()) {
    const { vectors, passages, ...rest } = block;
    found.set(`${block.id} vectors`, new Uint8Array(vectors));
    found.set(`${block.id} passages`, new Uint8Array(passages));
    found.set(`${block.id} rest`, new TextEncoder().encode(JSON.stringify(rest)));
  }
  for (const row of await db.embeddingCoverage.toArray()) {
    found.set(`covered ${row.id}`, new TextEncoder().encode(JSON.stringify(row)));
  }
  for (const { id, bytes } of await db.searchFiles.toArray()) found.set(id, bytes);
  for (const name of (await store?.list()) ?? []) {
    if (store) found.set(`file ${name}`, await readFile(store, name));
  }
  return found;
}

/** The places in which `part` stands. */
export async function placesOf(
  part: Uint8Array,
  ...where: Parameters<typeof readStored>
): Promise<readonly string[]> {
  const stored = await readStored(...where);
  return [...stored].flatMap(([name, bytes]) => (hasBytes(bytes, part) ? name : []));
}
