import { OnggiError } from '#domain/errors.ts';
import type { WholeConversation } from './conversation-fields.ts';
import { writeConversationJson } from './conversation-json.ts';
import { createRandomNonce, writeConversationMarkdown } from './conversation-markdown.ts';
import { writeFineTuningLine } from './export-fine-tuning.ts';
import { writeShareGptLine } from './export-sharegpt.ts';
import type { ExportSource } from './export-source.ts';
import { writeUsageCsvHeader, writeUsageCsvLine } from './export-usage-csv.ts';
import { MOST_CHARACTERS, upTo } from './most-characters.ts';
import { bytesReader, readSelected } from './running-export.ts';
import type { ExportTally, RunningExport } from './running-export.ts';

/** The file in pieces of text, for every kind that is one. */
export function writePieces(running: RunningExport): AsyncGenerator<string> {
  const { request, tally } = running;
  const { skipsPoorAnswers } = request;
  switch (request.kind) {
    case 'fine-tuning':
      return writeLines(running, tally, (whole) =>
        writeFineTuningLine(whole, { skipsPoorAnswers }),
      );
    case 'sharegpt':
      return writeLines(running, tally, writeShareGptLine);
    case 'markdown':
      return writeMarkdown(running);
    default:
      return writeJson(running);
  }
}

/** One object for one chosen conversation, else an array of them. */
async function* writeJson(running: RunningExport): AsyncGenerator<string> {
  const { options, ids, request } = running;
  const { appVersion, mostCharacters = MOST_CHARACTERS } = options;
  const readBytes = bytesReader(running);
  const isOne = request.selection.kind === 'ids' && ids.length === 1;
  const most = isOne ? mostCharacters.alone : mostCharacters.among;
  let before = isOne ? '' : '[\n';
  for await (const whole of readSelected(running)) {
    yield before;
    const pieces = writeConversationJson(whole, { appVersion, readBytes });
    yield* upTo(most, pieces, whole.conversation);
    before = ',\n';
  }
  if (isOne) requireOne(running);
  else yield before === '[\n' ? '[]\n' : '\n]\n';
}

async function* writeMarkdown(running: RunningExport): AsyncGenerator<string> {
  const { appVersion, mostCharacters = MOST_CHARACTERS } = running.options;
  if (running.ids.length !== 1) {
    throw new OnggiError('app/unexpected', 'a Markdown file holds one conversation');
  }
  for await (const whole of readSelected(running)) {
    const pieces = writeConversationMarkdown(whole, { appVersion, createNonce: createRandomNonce });
    yield* upTo(mostCharacters.alone, pieces, whole.conversation);
  }
  requireOne(running);
}

function requireOne({ tally, ids }: RunningExport): void {
  if (tally.conversationCount === 1) return;
  throw new OnggiError('chat/not-found', `no conversation ${String(ids[0])}`);
}

async function* writeLines(
  running: RunningExport,
  tally: ExportTally,
  writeLine: (whole: WholeConversation) => string | undefined,
): AsyncGenerator<string> {
  for await (const whole of readSelected(running)) {
    const line = writeLine(whole);
    if (line !== undefined) yield line;
    else {
      tally.leftOutCount += 1;
      tally.conversationCount -= 1;
    }
  }
}

/** Usage as CSV, day by day. */
export async function* writeUsage(source: ExportSource): AsyncGenerator<string> {
  yield writeUsageCsvHeader();
  for await (const rows of source.readUsagePages()) yield rows.map(writeUsageCsvLine).join('');
}
