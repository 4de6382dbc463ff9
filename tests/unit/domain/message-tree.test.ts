import { describe, expect, it } from 'vitest';
import { toConversationId, toMessageId, toSessionId } from '#domain/ids.ts';
import type { MessageId } from '#domain/ids.ts';
import { activePath, newestLeafBelow, subtree } from '#domain/message-tree.ts';
import { createMessage } from '#domain/message.ts';
import type { Message } from '#domain/message.ts';

const id = (seq: number): MessageId => toMessageId(`m${seq}`);

function createNode(seq: number, parent: number | null): Message {
  return createMessage({
    id: id(seq),
    conversationId: toConversationId('c'),
    sessionId: toSessionId('s'),
    parentId: parent === null ? null : id(parent),
    seq,
    role: seq % 2 ? 'assistant' : 'user',
    content: String(seq),
    timestamp: seq,
  });
}

/**
 * 0 ─ 1 ─ 2 ─ 3
 *   └ 4 ─ 5      answer 1 regenerated as 4
 * 6 ─ 7          question 0 edited as 6
 */
const TREE = [
  createNode(0, null),
  createNode(1, 0),
  createNode(2, 1),
  createNode(3, 2),
  createNode(4, 0),
  createNode(5, 4),
  createNode(6, null),
  createNode(7, 6),
];

const pathSeqs = (messages: readonly Message[], leaf: number | null): number[] =>
  activePath(messages, leaf === null ? null : id(leaf)).map(({ message }) => message.seq);

describe('activePath', () => {
  it.each([
    [3, [0, 1, 2, 3]],
    [5, [0, 4, 5]],
    [7, [6, 7]],
    [0, [0]],
    [null, [6, 7]],
    [99, [6, 7]],
  ])('to %s', (leaf, seqs) => {
    expect(pathSeqs(TREE, leaf)).toEqual(seqs);
  });

  it('knows the versions beside each message, oldest first', () => {
    const [root, answer] = activePath(TREE, id(5));
    expect(root).toMatchObject({ siblingIds: [id(0), id(6)], siblingIndex: 0 });
    expect(answer).toMatchObject({ siblingIds: [id(1), id(4)], siblingIndex: 1 });
  });

  it('begins where the part begins', () => {
    expect(pathSeqs(TREE.slice(2, 4), 3)).toEqual([2, 3]);
  });

  it('is empty without messages', () => {
    expect(activePath([], null)).toEqual([]);
    expect(activePath([], id(0))).toEqual([]);
  });

  it('ends in a tree with a circle', () => {
    expect(pathSeqs([createNode(0, 1), createNode(1, 0)], 0)).toEqual([1, 0]);
    expect(pathSeqs([createNode(0, 0)], 0)).toEqual([0]);
  });
});

describe('newestLeafBelow', () => {
  it.each([
    [0, 5],
    [1, 3],
    [4, 5],
    [6, 7],
    [7, 7],
    [99, 99],
  ])('of %i is %i', (from, leaf) => {
    expect(newestLeafBelow(TREE, id(from))).toBe(id(leaf));
  });

  it('ends in a tree with a circle', () => {
    expect(newestLeafBelow([createNode(0, 1), createNode(1, 0)], id(0))).toBe(id(1));
  });
});

describe('subtree', () => {
  it.each([
    [0, [0, 1, 4, 2, 5, 3]],
    [1, [1, 2, 3]],
    [6, [6, 7]],
    [3, [3]],
    [99, []],
  ])('of %i', (from, seqs) => {
    expect(subtree(TREE, id(from)).map(({ seq }) => seq)).toEqual(seqs);
  });

  it('ends in a tree with a circle', () => {
    expect(subtree([createNode(0, 1), createNode(1, 0)], id(0))).toHaveLength(2);
  });
});

describe('any tree', () => {
  /** Park and Miller's generator, so that a failure comes back. */
  function createRandom(seed: number): () => number {
    let state = seed;
    return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
  }

  it.each(Array.from({ length: 50 }, (_, seed) => seed + 1))('of seed %i', (seed) => {
    const random = createRandom(seed);
    const size = 1 + Math.floor(random() * 60);
    const tree = Array.from({ length: size }, (_, seq) =>
      createNode(seq, seq === 0 || random() < 0.05 ? null : Math.floor(random() * seq)),
    );
    const shuffled = [...tree].sort((a, b) => ((a.seq * 7919) % 61) - ((b.seq * 7919) % 61));
    for (const message of tree) {
      const path = activePath(shuffled, message.id);
      expect(path.at(-1)?.message).toBe(message);
      expect(path[0]?.message.parentId).toBeNull();
      for (const [index, entry] of path.entries()) {
        if (index > 0) expect(entry.message.parentId).toBe(path[index - 1]?.message.id);
        expect(entry.siblingIds[entry.siblingIndex]).toBe(entry.message.id);
      }
      const below = subtree(shuffled, message.id);
      expect(below[0]).toBe(message);
      expect(new Set(below).size).toBe(below.length);
      const leaf = newestLeafBelow(shuffled, message.id);
      expect(below.some((candidate) => candidate.id === leaf)).toBe(true);
      expect(tree.some(({ parentId }) => parentId === leaf)).toBe(false);
    }
  });
});
