import { describe, expect, it } from 'vitest';
import { sqlFileName } from '#portability/sql-format.ts';

describe('sqlFileName', () => {
  it('names the local day', () => {
    const at = new Date(2026, 10, 2, 23, 59).getTime();
    expect(sqlFileName('sqlite', at)).toBe('onggi_20261102.sqlite');
    expect(sqlFileName('postgres', at)).toBe('onggi_20261102.sql');
  });
});
