import { describe, expect, it } from 'vitest';
import { skipped } from '#portability/formats/skipped.ts';

describe('skipped', () => {
  it('shortens the label without cutting a character', () => {
    expect(skipped('temporary', '🥬'.repeat(100))).toEqual({
      kind: 'skipped',
      reason: 'temporary',
      label: `${'🥬'.repeat(79)}…`,
    });
    expect(skipped('too_large', 'x'.repeat(80))).toMatchObject({ label: 'x'.repeat(80) });
  });

  it('has no label where nothing is named', () => {
    expect(skipped('temporary', ' ')).toMatchObject({ label: null });
    expect(skipped('too_large', null)).toMatchObject({ label: null });
  });
});
