import type { UsageStatistic } from '#domain/usage.ts';
import { writeUsageCsvHeader, writeUsageCsvLine } from '#portability/export-usage-csv.ts';

/** Rows of usage as CSV (RFC 4180), by day and model. */
export function usageToCsv(rows: readonly UsageStatistic[]): string {
  const sorted = [...rows].sort((a, b) =>
    a.date === b.date ? (a.model < b.model ? -1 : 1) : a.date < b.date ? -1 : 1,
  );
  return writeUsageCsvHeader() + sorted.map(writeUsageCsvLine).join('');
}
