import { readSeedSchema } from './seed-schema.ts';
import { extractSeedPython, hasPython, runSeedPython } from './seed-python.ts';

/** What the specification's own program made of a backup. */
export interface SeedRestore {
  /** Rows of its tables after `restore_backup`, in the order they were inserted. */
  readonly rowsByTable: Readonly<Record<string, readonly Readonly<Record<string, unknown>>[]>>;
  /** Path of the file that its `create_backup` then wrote from these rows. */
  readonly createdFile: string;
}

/** Why the specification's program cannot run here; undefined when it can. */
export function whyNoSeedRestore(): string | undefined {
  if (extractSeedPython() === undefined) return 'needs ../shared';
  return hasPython() ? undefined : 'needs python3';
}

/** The `db_connection` its BackupManager wants, over SQLite in memory, and what is asked of it. */
const PROGRAM = `
import sqlite3
from contextlib import asynccontextmanager

class Connection:
    def __init__(self, schema):
        self.sqlite = sqlite3.connect(':memory:', isolation_level=None)
        self.sqlite.row_factory = sqlite3.Row
        self.sqlite.executescript(schema)

    async def execute(self, sql, values=()):
        self.sqlite.execute(sql, values)

    async def fetch(self, sql):
        return self.sqlite.execute(sql).fetchall()

    @asynccontextmanager
    async def transaction(self):
        self.sqlite.execute('BEGIN')
        try:
            yield
        except BaseException:
            self.sqlite.execute('ROLLBACK')
            raise
        self.sqlite.execute('COMMIT')

async def main():
    asked = json.load(sys.stdin)
    connection = Connection(asked['schema'])
    manager = BackupManager(connection, asked['folder'])
    await manager.restore_backup(asked['backup'])
    tables = ['sessions', 'conversations', 'messages', 'user_settings']
    rows = {name: [dict(row) for row in await connection.fetch(f'SELECT * FROM {name}')] for name in tables}
    print(json.dumps({'rowsByTable': rows, 'createdFile': await manager.create_backup()}))

asyncio.run(main())
`;

/**
 * Restores a backup (`.json.gz`) into an empty database of the specification's schema with its own
 * `restore_backup`, run by python3, then lets its `create_backup` write that database out again.
 * @param folder Where the new file goes.
 * @throws Error with what Python said, when it fails. It fails on a lone surrogate in a column of
 * plain text: Python's sqlite3 cannot bind one.
 */
export function restoreWithSeed(backup: string, folder: string): SeedRestore {
  const schema = readSeedSchema();
  if (schema === undefined) throw new Error('the specification is not here');
  const answer: unknown = JSON.parse(
    runSeedPython(PROGRAM, JSON.stringify({ schema, backup, folder })),
  );
  return answer as SeedRestore;
}
