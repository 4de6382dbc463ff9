/** Google AI Studio: one prompt a file, as it lies in Drive. The file's name is the title; it has no id. */
import { deriveSourceId } from '#domain/imported.ts';
import type { ImportNote } from '#domain/imported.ts';
import { readAiStudioChunks } from './ai-studio-chunks.ts';
import { buildConversation } from './build-conversation.ts';
import type { JsonFormat } from './format.ts';
import { readContent } from './read-content.ts';
import { asArray, asNumber, asText, isObject, member } from './read-value.ts';
import { skipped } from './skipped.ts';

/** Reads a prompt file; parts that AI Studio thinks aloud become the reasoning of the next answer. */
export const aiStudioFormat: JsonFormat = {
  kind: 'json',
  id: 'ai-studio',
  source: 'ai-studio',
  unit: 'whole',
  matches: ({ isArray, first }) => !isArray && isObject(member(first, 'chunkedPrompt')),
  *read(value, { fileName }) {
    const title = titleOf(fileName);
    const chunks = member(member(value, 'chunkedPrompt'), 'chunks');
    if (!Array.isArray(chunks)) {
      yield skipped('no_messages_field', title);
      return;
    }
    const notes = new Set<ImportNote>();
    const settings = member(value, 'runSettings');
    const model = asText(member(settings, 'model'));
    const messages = readAiStudioChunks(asArray(chunks), notes);
    yield buildConversation({
      source: 'ai-studio',
      // By title and first prompt, so that it is the same one when it has grown.
      sourceId: deriveSourceId('ai-studio', title, messages[0]?.content ?? null),
      isSourceIdDerived: true,
      title,
      chatModel: model?.replace(/^models\//, '') ?? null,
      temperature: asNumber(member(settings, 'temperature')),
      systemPrompt: readSystem(member(value, 'systemInstruction'), notes),
      metadata: readSettings(settings),
      messages,
      shape: 'chain',
      notes,
    });
  },
};

function titleOf(fileName: string): string | null {
  const name = fileName.split(/[\\/]/).pop() ?? fileName;
  return asText(name.replace(/\.(json|txt)$/i, ''));
}

function readSystem(value: unknown, notes: Set<ImportNote>): string | null {
  const parts = member(value, 'parts');
  return asText(member(value, 'text')) ?? asText(readContent(parts ?? null, notes).content);
}

function readSettings(settings: unknown): Record<string, unknown> {
  const numbers = ['topP', 'topK', 'maxOutputTokens'].flatMap((key) => {
    const number = asNumber(member(settings, key));
    return number === null ? [] : [[key, number]];
  });
  return numbers.length === 0 ? {} : { run_settings: Object.fromEntries(numbers) as unknown };
}
