import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createImportedConversation, createImportedMessage } from '#domain/imported.ts';
import type { ReadItem } from '#domain/imported.ts';
import { MAX_JSON_DEPTH } from '#files/limits.ts';
import { measureJsonDepth } from '#files/scan-json.ts';
import { isDeeper, toJsonText } from '#portability/deep-values.ts';
import { withShallowExtras } from '#portability/shallow-extras.ts';

/** Objects and lists in turn, so many deep. */
function nest(depth: number): unknown {
  let value: unknown = 'inmost';
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

describe('deep values', () => {
  it('are measured and written as JSON.stringify would, whatever they hold', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        expect(toJsonText(value)).toBe(text);
        const depth = measureJsonDepth(text);
        expect([isDeeper(value, depth), depth > 0 && !isDeeper(value, depth - 1)]).toEqual([
          false,
          false,
        ]);
      }),
    );
  });

  it('may be deeper than any recursion reaches', () => {
    const deep = nest(200_000);
    expect(isDeeper(deep, 199_999)).toBe(true);
    expect(isDeeper(deep, 200_000)).toBe(false);
    expect(measureJsonDepth(toJsonText(deep))).toBe(200_000);
  });
});

describe('withShallowExtras', () => {
  const itemWith = (block: unknown, value: unknown): ReadItem => ({
    kind: 'conversation',
    conversation: createImportedConversation({
      source: 'librechat',
      sourceId: 'c',
      metadata: { value },
      messages: [
        createImportedMessage({
          sourceId: 'm',
          parentSourceId: null,
          role: 'user',
          content: 'x',
          parts: [{ type: 'tool_call', block }, { type: 'other' }],
          metadata: { value, plain: 1 },
        }),
      ],
    }),
  });

  it('keeps what is deeper than can be stored as JSON text, beside the rest', () => {
    const item = withShallowExtras(itemWith(nest(100), nest(100)));
    if (item.kind !== 'conversation') throw new Error('no conversation');
    const [message] = item.conversation.messages;
    expect(message?.parts).toEqual([
      { type: 'tool_call', json: JSON.stringify({ type: 'tool_call', block: nest(100) }) },
      { type: 'other' },
    ]);
    expect(message?.metadata).toEqual({ value: JSON.stringify(nest(100)), plain: 1 });
    expect(item.conversation.metadata).toEqual({ value: JSON.stringify(nest(100)) });
    expect(measureJsonDepth(JSON.stringify(item.conversation))).toBeLessThan(MAX_JSON_DEPTH);
  });

  it('leaves an item alone that holds nothing deep', () => {
    const item = itemWith(nest(20), nest(20));
    expect(withShallowExtras(item)).toBe(item);
  });
});
