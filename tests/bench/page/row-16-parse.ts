import { splitJson } from '#files/split-json.ts';
import { alternate, ratioLine } from './bench-row.ts';
import type { BenchRow } from './bench-row.ts';
import { backUp, clientOf } from './backups.ts';

const GOAL = 1.3;
/** What a DecompressionStream gives at once, roughly. */
const CHUNK_UNITS = 64 * 1024;

/** Cutting a backup's text into groups of rows and parsing each, against one JSON.parse of all. */
export const parseBackup: BenchRow = {
  number: 16,
  async run({ fixtures, isQuick }) {
    const { bigRows } = fixtures;
    // The whole text and all its rows stand in memory for the anchor: a quarter is enough of both.
    const { database } = await fixtures.filled(bigRows / 4);
    const packed = await backUp(clientOf(database));
    const text = await new Response(
      packed.stream().pipeThrough(new DecompressionStream('gzip')),
    ).text();
    const chunks: string[] = [];
    for (let start = 0; start < text.length; start += CHUNK_UNITS) {
      chunks.push(text.slice(start, start + CHUNK_UNITS));
    }
    const pairs = await alternate(
      () => parseInPieces(chunks),
      () => Promise.resolve(JSON.parse(text)),
      { samples: isQuick ? 5 : 20, warmUp: 2 },
    );
    return [
      ratioLine(pairs, {
        row: '16',
        what: `parse a backup of ${bigRows / 4} messages in pieces / one JSON.parse`,
        goal: GOAL,
        note: `${(text.length / 1e6).toFixed(0)} M characters`,
      }),
    ];
  },
};

async function parseInPieces(chunks: readonly string[]): Promise<number> {
  let rowCount = 0;
  for await (const piece of splitJson(streamOf(chunks), { isParsing: true })) {
    if (piece.kind === 'elements') {
      const rows = piece.values ?? (JSON.parse(`[${piece.text}]`) as readonly unknown[]);
      rowCount += rows.length;
    }
  }
  return rowCount;
}

async function* streamOf(chunks: readonly string[]): AsyncGenerator<string> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}
