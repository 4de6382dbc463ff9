import { describe, expect, it } from 'vitest';
import { toStableId } from '#domain/stable-ids.ts';

describe('toStableId', () => {
  it('gives the same UUID for the same texts', () => {
    const id = toStableId('copy', 'c', 'm1');
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/u);
    expect(toStableId('copy', 'c', 'm1')).toBe(id);
  });

  it('gives others for other texts, also where they only part elsewhere', () => {
    const ids = Array.from({ length: 20_000 }, (_, index) => toStableId('copy', 'c', `m${index}`));
    ids.push(toStableId('ab', 'c'), toStableId('a', 'bc'));
    expect(new Set(ids).size).toBe(ids.length);
  });
});
