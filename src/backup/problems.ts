import { BACKUP_PROBLEMS } from '#domain/backup-report.ts';
import type { BackupProblem, BackupProblemCode } from '#domain/backup-report.ts';

const MAX_EXAMPLES = 5;
const EXAMPLE_CHARACTERS = 80;

/** Counts what a reading had to decide. */
export interface ProblemNotes {
  /** @param example A name, an id or a title; never a key. Repeated ones are kept once. */
  note(code: BackupProblemCode, example?: string, count?: number): void;
  /** In the order of {@link BACKUP_PROBLEMS}; only those that happened. */
  list(): readonly BackupProblem[];
}

export function createProblemNotes(): ProblemNotes {
  const noted = new Map<BackupProblemCode, { count: number; examples: Set<string> }>();
  return {
    note(code, example, count = 1) {
      const found = noted.get(code) ?? { count: 0, examples: new Set<string>() };
      found.count += count;
      if (example !== undefined && found.examples.size < MAX_EXAMPLES) {
        found.examples.add(example.slice(0, EXAMPLE_CHARACTERS));
      }
      noted.set(code, found);
    },
    list: () =>
      BACKUP_PROBLEMS.flatMap((code) => {
        const found = noted.get(code);
        return found ? [{ code, count: found.count, examples: [...found.examples] }] : [];
      }),
  };
}
