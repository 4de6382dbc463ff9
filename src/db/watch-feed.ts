import { Dexie } from 'dexie';
import { OTHERS, PLACES } from './change-feed.ts';
import type { OnggiDatabase } from './open-database.ts';

/**
 * Calls `onChange` after every commit, in any tab or worker of this origin, that the feed has a row of.
 * It may be called for nothing. @returns what stops it.
 */
export function watchFeed({ name }: OnggiDatabase, onChange: () => void): () => void {
  const prefixes = [...Object.keys(PLACES), ...OTHERS].map((table) => `idb://${name}/${table}/`);
  const listen = (parts: object): void => {
    const isFed = Object.keys(parts).some((part) => prefixes.some((each) => part.startsWith(each)));
    if (isFed || 'all' in parts) onChange();
  };
  Dexie.on('storagemutated', listen);
  return () => Dexie.on.storagemutated.unsubscribe(listen);
}
