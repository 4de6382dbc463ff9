import type { SchemaVersion } from '#domain/stored-rows.ts';
import { read } from './commit.ts';
import type { OnggiDatabase } from './open-database.ts';

/** The versions of the schema this database went through, oldest first. */
export function readSchemaVersions({
  strict: db,
}: OnggiDatabase): Promise<readonly SchemaVersion[]> {
  return read(() => db.schemaVersions.orderBy('version').toArray());
}
