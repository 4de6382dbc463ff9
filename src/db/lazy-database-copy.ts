import type { copyDatabase as Copy } from './database-copy.ts';

/** `copyDatabase` of its file, which is fetched when a database is copied. */
export const copyDatabase: typeof Copy = async (...given) => {
  const { copyDatabase: copy } = await import('./database-copy.ts');
  return copy(...given);
};
