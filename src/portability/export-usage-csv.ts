import { knownCostUsd } from '#domain/usage.ts';
import type { UsageStatistic } from '#domain/usage.ts';

type Cell = string | number | null;

const COLUMNS: readonly (readonly [name: string, cell: (row: UsageStatistic) => Cell])[] = [
  ['date', ({ date }) => date],
  ['model', ({ model }) => model],
  ['request_count', ({ requestCount }) => requestCount],
  ['prompt_tokens', ({ promptTokens }) => promptTokens],
  ['completion_tokens', ({ completionTokens }) => completionTokens],
  ['total_tokens', ({ totalTokens }) => totalTokens],
  ['total_cost_usd', knownCostUsd],
  ['unpriced_count', ({ unpricedCount }) => unpricedCount],
  ['avg_response_time', meanSeconds],
  ['timed_count', ({ timedCount }) => timedCount],
  ['error_count', ({ errorCount }) => errorCount],
];

/** The line with the names of the columns, in the specification's words where it has them. */
export function writeUsageCsvHeader(): string {
  return writeLine(COLUMNS.map(([name]) => name));
}

/**
 * A day and model as a line of CSV (RFC 4180: CRLF, quotation marks doubled). Times in seconds. What
 * is unknown (a cost without any price, a time that was not measured) is empty, not 0.
 */
export function writeUsageCsvLine(row: UsageStatistic): string {
  return writeLine(COLUMNS.map(([, cell]) => cell(row)));
}

/** Empty, not 0, where no request was timed. */
function meanSeconds({ totalResponseTimeMs, timedCount }: UsageStatistic): Cell {
  return timedCount > 0 ? Math.round(totalResponseTimeMs / timedCount) / 1000 : null;
}

const writeLine = (cells: readonly Cell[]): string => `${cells.map(writeCell).join(',')}\r\n`;

/**
 * What a spreadsheet takes for the beginning of a formula (OWASP, CSV injection): signs, also as wide as
 * a Chinese character, behind whatever it passes over.
 */
const FORMULA = /^[\s\0\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n]/u;

/** A model's name comes from outside: one that begins like a formula gets an apostrophe in front. */
function writeCell(cell: Cell): string {
  if (typeof cell !== 'string') return cell === null ? '' : String(cell);
  const safe = FORMULA.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
