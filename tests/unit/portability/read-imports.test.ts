import { describe, expect, it } from 'vitest';
import type { ReadItem } from '#domain/imported.ts';
import { openFiles } from '#portability/open-files.ts';
import type { ImportFile, ImportedFile } from '#portability/open-files.ts';
import { readImports } from '#portability/read-imports.ts';
import { recognizeFiles } from '#portability/recognize-files.ts';
import { chatgptConversation, fileOf } from './import-files.ts';

/** What a file gives. @param change What lies in its place when it is read. */
async function read(given: ImportFile, change: (file: ImportedFile) => ImportedFile = (x) => x) {
  const { files, refused: unknown } = await recognizeFiles(await openFiles([given]));
  expect(unknown).toEqual([]);
  const items: ReadItem[] = [];
  const refused: string[] = [];
  const notes: string[] = [];
  const changed = files.map((each) => ({ ...each, file: change(each.file) }));
  for await (const outcome of readImports(changed)) {
    if (outcome.kind === 'item') items.push(outcome.item);
    else if (outcome.kind === 'refused') refused.push(outcome.refused.code);
    else notes.push(outcome.note);
  }
  const talks = items.flatMap((item) =>
    item.kind === 'conversation' ? [item.conversation.messages.map(({ content }) => content)] : [],
  );
  const skipped = items.flatMap((item) =>
    item.kind === 'skipped' ? [`${item.reason} ${item.label ?? ''}`.trim()] : [],
  );
  return { talks, skipped, refused, notes };
}

const header = JSON.stringify({ user_name: 'Kim', character_name: 'Potter' });
const line = (mes: string) => JSON.stringify({ name: 'Kim', is_user: true, mes });
const chatOf = (...lines: readonly string[]) => fileOf('chat.jsonl', lines.join('\n'));
const deep = `{"mes":${'['.repeat(5000)}${']'.repeat(5000)}}`;

describe('lines that are read together', () => {
  it('name each line that cannot be read and take the others', async () => {
    expect(await read(chatOf(header, line('a'), '{"mes": oops}', deep, line('b')))).toEqual({
      talks: [['a', 'b']],
      skipped: ['unreadable_element', 'too_deep'],
      refused: [],
      notes: [],
    });
  });

  it('are taken up to where the file was cut, and it is said', async () => {
    const whole = [header, line('a'), line('b')].join('\n');
    expect(await read(fileOf('chat.jsonl', whole.slice(0, -5)))).toEqual({
      talks: [['a']],
      skipped: [],
      refused: ['file/read-in-part'],
      notes: ['file_cut'],
    });
  });

  it('are refused above what is held at once, however much more there is', async () => {
    const mebibyte = new Uint8Array(1024 * 1024).fill(0x20);
    mebibyte[mebibyte.length - 1] = 0x0a;
    let given = 0;
    const stream = () =>
      new ReadableStream<Uint8Array<ArrayBuffer>>({
        pull(controller) {
          given += 1;
          if (given > 1000) controller.close();
          else controller.enqueue(mebibyte);
        },
      });
    const found = await read(chatOf(header, line('a')), (file) => ({
      ...file,
      bytes: undefined,
      stream,
    }));
    expect(found).toMatchObject({ talks: [], refused: ['file/too-large'] });
    expect(given).toBeLessThan(300);
  });
});

it('names a conversation that is too deep or too large by how it begins', async () => {
  const lists = `${'['.repeat(5000)}${']'.repeat(5000)}`;
  const good = chatgptConversation('good', [{ id: 'a', text: 'taken' }]);
  const deepOne = `{"title":"깊은 \\"대화\\"","mapping":{"x":${lists}}}`;
  const nameless = `{"mapping":{"name":${lists},"title":"of something else"}}`;
  const file = fileOf('conversations.json', `[${JSON.stringify(good)},${deepOne},${nameless}]`);
  expect(await read(file)).toMatchObject({
    talks: [['taken']],
    skipped: ['too_deep 깊은 "대화"', 'too_deep'],
  });
});

it('loses of lines that are read one by one only those that are none', async () => {
  const chat = (content: string) => JSON.stringify({ messages: [{ role: 'user', content }] });
  const lines = [chat('a'), '{"messages": oops}', chat('b'), chat('c').slice(0, -4)];
  expect(await read(fileOf('x.jsonl', lines.join('\n')))).toEqual({
    talks: [['a'], ['b']],
    skipped: ['unreadable_element'],
    refused: ['file/read-in-part'],
    notes: ['file_cut'],
  });
});
