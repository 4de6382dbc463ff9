import { PreTrainedTokenizer } from '@xenova/transformers';
import { expect, inject, onTestFinished, test, vi } from 'vitest';
import { CPU_ENGINE } from '#inference/cpu-engine.ts';
import { openTransformersEmbedder } from '#inference/transformers-embedder.ts';

/** A tiny model under another name: the name says of which family it is. */
function open(id: string) {
  const read = async (name: string): Promise<Response | undefined> => {
    const response = await fetch(`${inject('modelHub')}/models/tiny/${name}`);
    return response.ok ? response : undefined;
  };
  return openTransformersEmbedder(
    { id, revision: '1', dtype: 'q8', dataFileCount: 0, read },
    CPU_ENGINE,
  );
}

// Loading an engine of 14 MB takes its time on a busy machine.
test.each([
  ['Xenova/multilingual-e5-small', 'query: ', 'passage: '],
  ['Xenova/all-MiniLM-L6-v2', '', ''],
])(
  'the tokenizer of %s is given %j before a question and %j before a passage, once',
  { timeout: 60_000 },
  async (id, query, passage) => {
    const call = vi.spyOn(PreTrainedTokenizer.prototype, '_call');
    onTestFinished(() => call.mockRestore());
    const embedder = await open(id);
    call.mockClear();
    await embedder.embed(['개가 왜 짖나요?'], 'query');
    // Nothing but a prefix is no text; the shortest goes first.
    await embedder.embed(['A dog that barks', '', '짖는 개'], 'passage');
    expect(call.mock.calls.map(([texts]) => texts)).toEqual([
      [`${query}개가 왜 짖나요?`],
      [`${passage}짖는 개`, `${passage}A dog that barks`],
    ]);
  },
);
