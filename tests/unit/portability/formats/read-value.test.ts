import { describe, expect, it } from 'vitest';
import { createImportedMessage } from '#domain/imported.ts';
import { asCount, asNumber, orderTree } from '#portability/formats/read-value.ts';

const below = (sourceId: string, parentSourceId: string | null) =>
  createImportedMessage({ sourceId, parentSourceId, role: 'user', content: sourceId });

const treeOf = (tree: ReturnType<typeof orderTree>) =>
  tree.messages.map((message) => `${message.sourceId}<${message.parentSourceId ?? ''}`);

describe('numbers', () => {
  it('are taken as far as they are counted exactly', () => {
    const most = Number.MAX_SAFE_INTEGER;
    expect([0, 1.4, most].map(asCount)).toEqual([0, 1, most]);
    expect([most + 1, 1e308, Infinity, NaN, -1, '1'].map(asCount)).toEqual(Array(6).fill(null));
    expect([-0.5, most].map(asNumber)).toEqual([-0.5, most]);
    expect([-1e308, 1e308, Infinity].map(asNumber)).toEqual([null, null, null]);
  });
});

describe('parents that are left out', () => {
  it('are asked for once, however many messages hang below however long a line of them', () => {
    const asked = new Map<string, number>();
    const ancestorOf = (id: string): string | null => {
      asked.set(id, (asked.get(id) ?? 0) + 1);
      const number = Number(id.slice(1));
      return number === 0 ? 'top' : `x${number - 1}`;
    };
    const messages = [
      below('top', null),
      ...Array.from({ length: 1000 }, (_, index) => below(`m${index}`, `x${999 - index}`)),
      ...Array.from({ length: 1000 }, (_, index) => below(`n${index}`, 'x999')),
    ];
    const tree = orderTree(messages, ancestorOf);
    expect(tree.isRepaired).toBe(false);
    expect(tree.messages).toHaveLength(2001);
    expect(new Set(tree.messages.slice(1).map((message) => message.parentSourceId))).toEqual(
      new Set(['top']),
    );
    expect(asked.size).toBe(1000);
    expect(Math.max(...asked.values())).toBe(1);
  });

  it('end at the top in a circle, and where nobody knows them', () => {
    const parents = new Map([
      ['x', 'y'],
      ['y', 'z'],
      ['z', 'y'],
    ]);
    const circle = orderTree([below('a', 'x'), below('b', 'z'), below('c', 'y')], (id) =>
      parents.get(id),
    );
    expect(treeOf(circle)).toEqual(['a<', 'b<', 'c<']);
    const unknown = orderTree([below('a', null), below('b', 'gone'), below('c', 'gone')]);
    expect(treeOf(unknown)).toEqual(['a<', 'b<', 'c<']);
    expect(unknown.isRepaired).toBe(true);
  });
});
