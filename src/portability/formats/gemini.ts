/**
 * Gemini in Google's Takeout: "My Activity" as JSON, one record an exchange, in no order to rely on.
 * Exports of 2026 can name the conversation in `details[].url`; a record that was carried into a branched
 * conversation names several and is put into each. Others are put together by time.
 */
import type { ImportedAttachment, ImportNote } from '#domain/imported.ts';
import { readDate } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { buildExchanges } from './gemini-exchanges.ts';
import type { GeminiExchange } from './gemini-exchanges.ts';
import { readPrompt } from './gemini-prompt.ts';
import { htmlToMarkdown } from '#portability/html-to-markdown.ts';
import { createFileBeside } from './read-attachment.ts';
import { joinTexts } from './read-content.ts';
import { asArray, asText, isObject, member } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { skipped } from './skipped.ts';

const CONVERSATION_URL =
  /^https:\/\/gemini\.google\.com\/(?:u\/\d+\/)?app\/([0-9a-f]{8,40})(?![0-9a-f])/;

/** Reads `MyActivity.json` of Gemini Apps; records of other products in the file are left alone. */
export const geminiFormat: JsonFormat = {
  kind: 'json',
  id: 'gemini',
  source: 'gemini',
  unit: 'whole',
  matches: ({ isArray, first, second }) => isArray && (isRecord(first) || isRecord(second)),
  *read(value, { fileName }) {
    const exchanges: GeminiExchange[] = [];
    for (const record of asArray(value)) {
      if (!isObject(record)) {
        if (record !== null) yield skipped('not_an_object', null);
      } else if (isOfGemini(record)) {
        exchanges.push(readRecord(record, fileName));
      }
    }
    yield* buildExchanges(exchanges);
  },
};

function isRecord(value: unknown): boolean {
  return (
    typeof member(value, 'header') === 'string' &&
    member(value, 'time') !== undefined &&
    Array.isArray(member(value, 'products')) &&
    isObject(value) &&
    isOfGemini(value)
  );
}

/** Names of products are translated around the word: `Gemini 앱`, `Gemini-Apps`. */
function isOfGemini(record: JsonObject): boolean {
  const names = [member(record, 'header'), ...asArray(member(record, 'products'))];
  const known = names.filter((name) => typeof name === 'string' && name !== '');
  return known.length === 0 || known.some((name) => /gemini|bard/i.test(String(name)));
}

function readRecord(record: JsonObject, fileName: string): GeminiExchange {
  const notes = new Set<ImportNote>();
  const title = asText(member(record, 'title')) ?? '';
  const answers = asArray(member(record, 'safeHtmlItem')).flatMap((item) => {
    const html = asText(member(item, 'html')) ?? asText(item);
    return html === null ? [] : [htmlToMarkdown(html)];
  });
  const at = readDate(member(record, 'time'), notes);
  const attachments = readFiles(record, fileName);
  const { prompt, prefix } = readPrompt(title);
  return {
    prompt,
    answer: joinTexts(answers),
    at,
    conversationIds: readConversationIds(record),
    attachments,
    model: readModel(record),
    metadata: {
      ...(prefix === '' ? {} : { title_prefix: prefix }),
      ...(prefix === '' && answers.length === 0 ? { activity: true } : {}),
      ...readSubtitles(record),
    },
    notes,
  };
}

function readConversationIds(record: JsonObject): readonly string[] {
  const urls = [
    member(record, 'titleUrl'),
    ...asArray(member(record, 'details')).map((detail) => member(detail, 'url')),
  ];
  const ids = urls.flatMap((url) => CONVERSATION_URL.exec(asText(url) ?? '')?.[1] ?? []);
  return [...new Set(ids)];
}

/** Names of files are given twice and more; sentences about them are no files. */
function readFiles(record: JsonObject, fileName: string): readonly ImportedAttachment[] {
  const listed = [
    ...asArray(member(record, 'attachedFiles')),
    ...asArray(member(record, 'attachmentInfo')),
    member(record, 'imageFile'),
  ];
  const names = listed.flatMap(
    (file) => asText(file) ?? asText(member(file, 'name')) ?? asText(member(file, 'path')) ?? [],
  );
  return [...new Set(names)].map((path) => createFileBeside(path, fileName));
}

function readModel(record: JsonObject): string | null {
  for (const subtitle of asArray(member(record, 'subtitles'))) {
    const named = /^Model:\s*(.{1,100})$/.exec(asText(member(subtitle, 'name')) ?? '');
    if (named?.[1] !== undefined) return named[1];
  }
  return null;
}

/** What the page shows below the title: the Gem that was used, notes about files. */
function readSubtitles(record: JsonObject): Record<string, unknown> {
  const names = asArray(member(record, 'subtitles')).flatMap(
    (subtitle) => asText(member(subtitle, 'name')) ?? [],
  );
  return names.length === 0 ? {} : { subtitles: names };
}
