import { describe, expect, it } from 'vitest';
import type { ImportNote } from '#domain/imported.ts';
import { parseNestedJson } from '#portability/formats/parse-nested-json.ts';
import {
  readBase64,
  readContent,
  readDataUrl,
  readErrorText,
  splitThinking,
} from '#portability/formats/read-content.ts';
import { readUsage } from '#portability/formats/read-usage.ts';

function read(value: unknown) {
  const notes = new Set<ImportNote>();
  return { ...readContent(value, notes), notes: [...notes] };
}

describe('readContent', () => {
  it('reads a text, one part and a list of parts', () => {
    expect(read('a').content).toBe('a');
    expect(read({ type: 'text', text: 'a' }).content).toBe('a');
    expect(
      read(['a', { type: 'output_text', text: 'b' }, { type: 'text', text: { value: 'c' } }])
        .content,
    ).toBe('a\n\nb\n\nc');
    expect(
      read([
        { type: 'reasoning', text: 'r' },
        { type: 'text', text: '' },
      ]),
    ).toMatchObject({ content: '', reasoning: 'r', parts: [] });
  });

  it('makes files of data and leaves addresses in their parts', () => {
    const found = read([
      { type: 'image_url', image_url: { url: 'data:image/jpeg;base64,AA==' } },
      { type: 'input_audio', input_audio: { data: 'AAAA', format: 'mp3' } },
      { type: 'file', file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' } },
      { type: 'image_url', image_url: 'https://x.org/a.png' },
    ]);
    expect(found.attachments.map(({ name, mediaType }) => [name, mediaType])).toEqual([
      ['image.jpg', 'image/jpeg'],
      ['audio.mp3', 'audio/mp3'],
      ['a.pdf', 'application/pdf'],
    ]);
    expect(found.parts).toEqual([{ type: 'image_url', image_url: 'https://x.org/a.png' }]);
    expect(found.notes).toEqual(['asset_missing']);
  });

  it('keeps unknown parts as they came and says so', () => {
    const part = { type: 'hologram', depth: { a: [1] } };
    expect(read([part])).toMatchObject({ parts: [part], notes: ['unknown_block'] });
  });

  it.each([null, undefined, 5, true, [null, 5, [['x']]], {}, [{}]])(
    'gives no text for %j',
    (value) => {
      expect(read(value).content).toBe('');
    },
  );
});

describe('splitThinking', () => {
  it.each([
    ['<think>a</think>\n\nb', 'b', 'a'],
    ['\n<thinking>a</thinking>b', 'b', 'a'],
    ['<think></think>b', 'b', null],
    ['<think>never ends', '<think>never ends', null],
    ['b <think>a</think>', 'b <think>a</think>', null],
    ['', '', null],
  ])('%j', (text, content, reasoning) => {
    expect(splitThinking(text)).toEqual({ content, reasoning });
  });
});

describe('readDataUrl', () => {
  it.each(['https://x.org', 'data', 'data:', 'javascript:1', 'data:<b>;base64,AA', ''])(
    'refuses %j',
    (url) => {
      expect(readDataUrl(url, null)).toBeNull();
    },
  );

  it('names files after their kind', () => {
    expect(readDataUrl('data:image/svg+xml,<svg/>', null)?.name).toBe('image.svg');
    expect(readDataUrl('data:,hi', 'a.txt')).toMatchObject({
      name: 'a.txt',
      mediaType: 'text/plain',
    });
  });

  it('refuses base64 of a kind that is none', () => {
    expect(readBase64('AA', 'no kind', 'x')).toBeNull();
    expect(readBase64('AA', 'image/png', 'x')?.dataUrl).toBe('data:image/png;base64,AA');
  });
});

describe('readErrorText', () => {
  it.each([
    ['x', 'x'],
    [{ message: 'm', secret: 's' }, 'm'],
    [{ type: 't' }, 't'],
    [{ odd: 1 }, 'error'],
    [{}, null],
    [null, null],
    ['', null],
    ['y'.repeat(5000), 'y'.repeat(2000)],
  ])('%j', (value, text) => {
    expect(readErrorText(value)).toBe(text);
  });
});

describe('readUsage', () => {
  it.each([
    [{ prompt_tokens: 1, completion_tokens: 2 }, 1, 2],
    [{ inputTokens: 1, outputTokens: 2 }, 1, 2],
    [{ prompt_eval_count: 1, eval_count: 2 }, 1, 2],
    [{ prompt_tokens: -1, completion_tokens: 'x' }, null, null],
    [null, null, null],
  ])('%j', (value, promptTokens, completionTokens) => {
    expect(readUsage(value)).toEqual({
      promptTokens,
      completionTokens,
      tokenCount: completionTokens,
    });
  });
});

describe('parseNestedJson', () => {
  it('reads 64 levels and no more', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseNestedJson(nested(64))).toBeDefined();
    expect(parseNestedJson(nested(65))).toBeUndefined();
    expect(parseNestedJson(nested(1_000_000))).toBeUndefined();
  });

  it('counts no brackets in texts, and gives nothing for what is no JSON', () => {
    expect(parseNestedJson(JSON.stringify('["'.repeat(100)))).toBe('["'.repeat(100));
    expect(parseNestedJson('{')).toBeUndefined();
  });
});
