import { describe, expect, it } from 'vitest';
import { createIndexStatements, createTableStatements, sqlTable } from '#portability/sql-schema.ts';
import type { SqlTableName } from '#portability/sql-schema.ts';
import { hasSpecification, readSeedSchema } from '../../support/seed-schema.ts';

/** Column names by table, as `CREATE TABLE` statements name them. */
function columnsByTable(sql: string): Record<string, string[]> {
  const tables = [...sql.matchAll(/CREATE TABLE "?(\w+)"? \(([^]*?)\n\);/g)];
  return Object.fromEntries(
    tables.map(([, name = '', body = '']) => {
      const lines = body.split('\n').map((line) => line.trim());
      const columns = lines.flatMap((line) => /^"?(\w+)"? [A-Z]/.exec(line)?.[1] ?? []);
      return [name, columns.filter((column) => column !== 'FOREIGN')];
    }),
  );
}

describe('the tables of an SQL export', () => {
  it.skipIf(!hasSpecification)(
    'have every column of the specification in its order, and only `extra` beside (needs ../shared)',
    () => {
      const seed = columnsByTable(readSeedSchema() ?? '');
      expect(Object.keys(seed)).toHaveLength(6);
      const ours = columnsByTable(createTableStatements('sqlite').join('\n'));
      for (const [table, columns] of Object.entries(seed)) {
        expect(
          ours[table]?.filter((column) => column !== 'extra'),
          table,
        ).toEqual(columns);
      }
    },
  );

  it('have indexes under names that no two share', () => {
    const names = createIndexStatements().map((sql) => /INDEX "(\w+)"/.exec(sql)?.[1]);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain('idx_conversations_session_id');
    expect(names).toContain('idx_messages_session_id');
  });

  it.each(['sqlite', 'postgres'] as const)(
    'have no length that a text could exceed (%s)',
    (dialect) => {
      expect(createTableStatements(dialect).join()).not.toMatch(/VARCHAR|DECIMAL|INDEX/);
    },
  );

  it('come after every table they refer to', () => {
    const order = Object.keys(columnsByTable(createTableStatements('postgres').join('\n')));
    for (const name of order as SqlTableName[]) {
      for (const { references } of sqlTable(name).columns) {
        if (references) expect(order.indexOf(references[0])).toBeLessThan(order.indexOf(name));
      }
    }
  });
});
