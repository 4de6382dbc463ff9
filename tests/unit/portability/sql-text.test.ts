import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  fromSqlId,
  isChangedByStorage,
  isStoredFrom,
  toCleanJson,
  toSqlId,
  toSqlText,
} from '#portability/sql-text.ts';
import { anyText } from './sql-store.ts';

describe('toSqlText', () => {
  it('makes a text that UTF-8 holds, without U+0000', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const kept = toSqlText(text);
        expect(kept).not.toContain('\0');
        const bytes = new TextEncoder().encode(kept);
        expect(new TextDecoder('utf-8', { ignoreBOM: true, fatal: true }).decode(bytes)).toBe(kept);
        expect(toSqlText(kept)).toBe(kept);
        if (!isChangedByStorage(text)) expect(kept).toBe(text);
        expect(isStoredFrom(kept, text)).toBe(true);
      }),
    );
  });

  it('lets no pair arise from halves that stood apart', () => {
    expect(toSqlText('\ud83d\0\ude42')).toBe('\ufffd\ufffd');
  });
});

describe('toSqlId', () => {
  it('gives every id a text of its own, and back', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        expect(fromSqlId(toSqlId(one))).toBe(one);
        expect(toSqlText(toSqlId(one))).toBe(toSqlId(one));
        expect(toSqlId(one) === toSqlId(other)).toBe(one === other);
      }),
    );
  });

  it('leaves usual ids alone', () => {
    expect(toSqlId('5f0c-옹기')).toBe('5f0c-옹기');
  });
});

describe('toCleanJson', () => {
  it('is the JSON of the cleaned texts, in values and in keys', () => {
    fc.assert(
      fc.property(fc.array(anyText), anyText, (texts, key) => {
        const clean: unknown = JSON.parse(toCleanJson(JSON.stringify({ [key]: { texts } })));
        expect(clean).toEqual({ [toSqlText(key)]: { texts: texts.map(toSqlText) } });
      }),
    );
  });

  it('leaves an escape alone that a text only writes out', () => {
    const json = JSON.stringify({ a: '\\u0000 \\\\ud800', b: JSON.stringify('\0\ud800') });
    expect(toCleanJson(json)).toBe(json);
  });
});
