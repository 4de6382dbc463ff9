import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';
import { mendNativeTree } from '#portability/formats/mend-native-tree.ts';

function createRow(id: string, parentId: string | null, seq: number): Message {
  return createMessage({
    id: toMessageId(id),
    conversationId: toConversationId('c'),
    sessionId: toSessionId('s'),
    parentId: parentId === null ? null : toMessageId(parentId),
    seq,
    role: 'user',
    content: id,
    timestamp: 0,
  });
}

const shape = (rows: readonly Message[]): readonly unknown[] =>
  rows.map(({ id, parentId, seq }) => [id, parentId, seq]);

describe('mending a tree of rows', () => {
  it('leaves a sound tree as it is, by seq', () => {
    const rows = [createRow('b', 'a', 3), createRow('a', null, 1), createRow('c', 'a', 2)];
    const { messages, isRepaired } = mendNativeTree(rows, () => null);
    expect(shape(messages)).toEqual([
      ['a', null, 1],
      ['c', 'a', 2],
      ['b', 'a', 3],
    ]);
    expect(isRepaired).toBe(false);
  });

  it('numbers anew where a child is not behind its parent', () => {
    const rows = [createRow('b', 'a', 0), createRow('a', null, 5)];
    expect(shape(mendNativeTree(rows, () => null).messages)).toEqual([
      ['a', null, 0],
      ['b', 'a', 1],
    ]);
  });

  it('cuts a circle at the row that stands first of it', () => {
    const rows = [
      createRow('x', 'b', 0),
      createRow('a', 'c', 1),
      createRow('b', 'a', 2),
      createRow('c', 'b', 3),
    ];
    const { messages, isRepaired } = mendNativeTree(rows, () => null);
    expect(shape(messages)).toEqual([
      ['b', null, 0],
      ['c', 'b', 1],
      ['a', 'c', 2],
      ['x', 'b', 3],
    ]);
    expect(isRepaired).toBe(true);
  });

  it('makes a tree of any links', () => {
    const link = fc.oneof(fc.constant(null), fc.nat(14), fc.constant(99));
    const rows = fc.array(fc.tuple(link, fc.integer({ min: -1, max: 20 })), { maxLength: 12 });
    fc.assert(
      fc.property(rows, fc.option(fc.nat(12)), (links, fallback) => {
        const given = links.map(([parent, seq], index) =>
          createRow(`m${index}`, parent === null ? null : `m${parent}`, seq),
        );
        const known = new Set(given.map(({ id }) => id));
        const target = toMessageId(`m${fallback}`);
        const { messages } = mendNativeTree(given, () => (known.has(target) ? target : null));
        expect(messages.map(({ id }) => id).toSorted()).toEqual([...known].toSorted());
        const seen = new Map<string, number>();
        for (const { id, parentId, seq } of messages) {
          expect(seq).toBeGreaterThan(Math.max(-1, ...seen.values()));
          if (parentId !== null) expect(seen.has(parentId)).toBe(true);
          seen.set(id, seq);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('takes a long chain whose rows stand in the wrong order, and a long circle', () => {
    const length = 100_000;
    const upwards = Array.from({ length }, (_, index) =>
      createRow(`m${index}`, index === length - 1 ? null : `m${index + 1}`, index),
    );
    const { messages } = mendNativeTree(upwards, () => null);
    expect(messages[0]?.id).toBe(`m${length - 1}`);
    const circle = upwards.map((row, index) =>
      createRow(row.id, `m${(index + 1) % length}`, index),
    );
    expect(mendNativeTree(circle, () => null).messages).toHaveLength(length);
  });
});
