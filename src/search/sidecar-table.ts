import type { OnggiDatabase } from '#db/open-database.ts';
import { changeSearchParts, listSearchParts, readSearchPart } from '#db/search-files.ts';
import type { SidecarFile, SidecarStore } from './sidecar-store.ts';

/** Bytes of one row. */
const PART_BYTES = 4 * 1024 * 1024;

/** A row: its id says which bytes of the file it holds. */
interface Part {
  readonly id: string;
  readonly start: number;
  readonly length: number;
}

/** Files as rows of the table `searchFiles`, each a stretch of one file; appending adds rows. */
export function createTableStore(db: OnggiDatabase): SidecarStore {
  return {
    kind: 'table',
    async list() {
      const ids = await listSearchParts(db, '');
      return [...new Set(ids.map((id) => id.slice(0, id.indexOf('/'))))];
    },
    async open(name) {
      const parts = (await listSearchParts(db, `${name}/`)).map(toPart);
      return tableFile(db, name, parts);
    },
    remove: async (name) => changeSearchParts(db, [], await listSearchParts(db, `${name}/`)),
  };
}

/** Offsets are padded, so that the order of the ids is that of the file. */
function partId(name: string, start: number, length: number): string {
  return `${name}/${String(start).padStart(12, '0')}/${length}`;
}

function toPart(id: string): Part {
  const [, start, length] = id.split('/');
  return { id, start: Number(start), length: Number(length) };
}

function tableFile(db: OnggiDatabase, name: string, stored: readonly Part[]): SidecarFile {
  let parts = [...stored];
  const end = (): number => {
    const last = parts.at(-1);
    return last ? last.start + last.length : 0;
  };
  return {
    get size() {
      return end();
    },
    async read(target, at) {
      const until = at + target.length;
      let filled = 0;
      for (const part of parts) {
        if (part.start + part.length <= at || part.start >= until) continue;
        const bytes = await readSearchPart(db, part.id);
        if (bytes?.length !== part.length) throw new RangeError(`${part.id} is damaged`);
        const [from, to] = [Math.max(at, part.start), Math.min(until, part.start + part.length)];
        target.set(bytes.subarray(from - part.start, to - part.start), from - at);
        filled += to - from;
      }
      if (filled !== target.length) throw new RangeError('a file of search has a gap');
    },
    async append(bytes) {
      for (let from = 0; from < bytes.length; from += PART_BYTES) {
        const piece = bytes.slice(from, from + PART_BYTES);
        const part = toPart(partId(name, end(), piece.length));
        await changeSearchParts(db, [{ id: part.id, bytes: piece }], []);
        parts.push(part);
      }
    },
    async overwrite(bytes, at) {
      const until = at + bytes.length;
      if (until > end()) throw new RangeError('past the end of a file of search');
      for (const part of parts) {
        if (part.start + part.length <= at || part.start >= until) continue;
        const stored = await readSearchPart(db, part.id);
        if (stored?.length !== part.length) throw new RangeError(`${part.id} is damaged`);
        const [from, to] = [Math.max(at, part.start), Math.min(until, part.start + part.length)];
        const changed = stored.slice();
        changed.set(bytes.subarray(from - at, to - at), from - part.start);
        await changeSearchParts(db, [{ id: part.id, bytes: changed }], []);
      }
    },
    async truncate(size) {
      const last = parts.findLast((part) => part.start < size);
      const kept = parts.filter((part) => part.start + part.length <= size);
      const removed = parts.filter((part) => part.start + part.length > size);
      const isCut = last !== undefined && last.start + last.length > size;
      const bytes = isCut ? await readSearchPart(db, last.id) : undefined;
      const rest = bytes?.slice(0, size - (last?.start ?? 0));
      const added = rest && last ? toPart(partId(name, last.start, rest.length)) : undefined;
      await changeSearchParts(
        db,
        added && rest ? [{ id: added.id, bytes: rest }] : [],
        removed.map(({ id }) => id),
      );
      parts = added ? [...kept, added] : kept;
    },
    flush: () => undefined,
    close: () => undefined,
  };
}
