import { IMPORT_SOURCES } from '#domain/imported.ts';
import { SOURCE_NAMES } from '#ui/data/source-names.ts';

/** What a source is called, wherever it is shown. */
export function sourceName(source: string): string {
  const known = IMPORT_SOURCES.find((each) => each === source);
  return known ? SOURCE_NAMES[known] : source;
}
