/** What a bench prints: a line for each figure, and whether its goal was reached. */

/** @typedef {import('./page/bench-line.ts').BenchLine} BenchLine */

/** Whether a figure is as good as was promised. */
export const isReached = (/** @type {BenchLine} */ { value, goal }) => value <= goal;

/** A figure as the table shows it. */
const show = (/** @type {BenchLine} */ { unit }, /** @type {number} */ value) =>
  unit === 'x' ? value.toFixed(2) : String(Math.round(value * 10) / 10);

/** Prints the table, columns as wide as what is in them. */
export function printTable(/** @type {BenchLine[]} */ lines) {
  const cells = [
    ['row', 'what', 'ratio', 'goal', 'spread', 'n', 'reached', 'note'],
    ...lines.map((line) => [
      line.row,
      line.what,
      show(line, line.value),
      Number.isFinite(line.goal) ? `<= ${show(line, line.goal)}` : 'none',
      line.spread?.map((edge) => show(line, edge)).join('-') ?? '',
      String(line.n),
      isReached(line) ? 'yes' : 'NO',
      line.note,
    ]),
  ];
  const widths = (cells[0] ?? []).map((_head, at) =>
    Math.max(...cells.map((row) => row[at]?.length ?? 0)),
  );
  for (const row of cells) {
    console.log(
      row
        .map((cell, at) => cell.padEnd(widths[at] ?? 0))
        .join('  ')
        .trimEnd(),
    );
  }
}
