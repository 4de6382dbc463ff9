import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const DOCUMENT = path.resolve(import.meta.dirname, '../../../shared/spec/data-model.ko.md');

/** Whether the specification lies beside the repository. */
export const hasSpecification = existsSync(DOCUMENT);

/**
 * The specification's `CREATE TABLE` statements (3.1) as SQLite takes them: without the inline INDEX
 * clauses, which are MySQL's, and otherwise untouched. Undefined where the document is not there.
 */
export function readSeedSchema(): string | undefined {
  if (!hasSpecification) return undefined;
  const [, sql = ''] = /```sql\n([^]*?)```/.exec(readFileSync(DOCUMENT, 'utf8')) ?? [];
  return sql.replace(/,?\s*\n\s*INDEX \w+ \([^)]*\)/g, '').replace(/,(\s*)\n\);/g, '\n);');
}
