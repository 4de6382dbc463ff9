import { describe, expect, it } from 'vitest';
import { findMaskable } from '#portability/find-maskable.ts';
import { createIdReplacer } from '#portability/replace-ids.ts';

const maskText = createIdReplacer(() => 'fresh').mask;

const kindsIn = (text: string): readonly string[] =>
  findMaskable(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);

describe('what is masked', () => {
  it.each([
    ['email', 'first.last+tag@mail.example.co.kr', '메일은 ', '입니다'],
    ['email', 'user@example.com', '문의는', '으로'],
    ['email', '김철수@옹기.한국', '', ' 로'],
    ['email', 'user＠example.jp', '「', '」'],
    ['phone', '+82 10-1234-5678', 'call ', '.'],
    ['phone', '+82 (0)2-1234-5678', '', ''],
    ['phone', '+1 (415) 555-2671', '(', ')'],
    ['phone', '+14155552671', '', ''],
    ['phone', '0082-10-1234-5678', '', ''],
    ['phone', '010-1234-5678', '전화:', '번'],
    ['phone', '01012345678', '전화 ', '로'],
    ['phone', '02-345-6789', '', ''],
    ['phone', '031 123 4567', '', ''],
    ['phone', '0507-1234-5678', '', ''],
    ['phone', '090-1234-5678', '電話は', 'です'],
    ['phone', '０９０－１２３４－５６７８', '', ''],
    ['phone', '03-1234-5678', '', ''],
    ['phone', '0466-12-3456', '', ''],
    ['phone', '13812345678', '手机', '。'],
    ['phone', '138 1234 5678', '', ''],
    ['phone', '010-12345678', '', ''],
    ['phone', '212-555-2671', '', ''],
    ['phone', '415.555.2671', '', ''],
    ['card', '4111 1111 1111 1111', 'card ', ','],
    ['card', '4111-1111-1111-1111', '', ''],
    ['card', '378282246310005', '', ''],
    ['card', '3782 822463 10005', '', ''],
    ['resident-number', '900101-1234567', '주민번호 ', ''],
    ['resident-number', '9001011234567', '', '입니다'],
    ['key', 'sk-proj-abcdefghij0123456789ABCDEFGHIJ', 'key: ', ''],
    ['key', 'sk-ant-api03-aaaaaaaaaaaaaaaaaaaaaaaaaa', '"', '"'],
    ['key', 'AIzaSyA0123456789abcdefghijklmnopqrstuvw', '', ''],
    ['key', 'ghp_0123456789abcdefghijklmnopqrstuvwxyz', '', ''],
    ['key', 'AKIAIOSFODNN7EXAMPLE', 'id=', ';'],
    ['key', 'xoxb-123456789012-abcdefghij', '', ''],
    ['key', 'hf_abcdefghijklmnopqrstuvwxyz', '', ''],
    ['key', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl', '', ''],
    ['key', 'dGhpcyBpcyBhIDEgdG9rZW4', 'Authorization: Bearer ', ''],
    ['key', '0123456789abcdef0123456789abcdef', 'api_key = "', '"'],
    ['key', '-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----', 'a\n', '\nb'],
    ['key', '-----BEGIN RSA PRIVATE KEY-----\nMIIB, and no end', '', ''],
  ])('finds a %s: %s', (kind, value, before, after) => {
    expect(kindsIn(before + value + after)).toEqual([`${kind} ${value}`]);
    expect(maskText(before + value + after)).toBe(`${before}[${kind}]${after}`);
  });

  it.each([
    'Version 1.2.3 of lodash@4.17.21-rc.1',
    'On 2026-11-22 07:30:23, 1,234,567 jars',
    '192.168.10.20 and 10.0.0.1:8080',
    '3.14159265358979 and 299792458 m/s',
    '1732261823 and 1732261823123',
    'from 1592-1598 to 1910',
    '4111 1111 1111 1112',
    'f3a0101234567890b5c',
    'a @ b, @user, user@host, x@1.5',
    'my secret is simple and the token: something',
    'skeleton sk-short eyJ.no',
    '00000000-0000-4000-8000-000000000000',
    '옹기 3개에 12,000원',
  ])('leaves alone: %s', (text) => {
    expect(kindsIn(text)).toEqual([]);
  });

  it('makes one place of what overlaps', () => {
    const text = 'token=sk-abcdefghijklmnop1234@example.com';
    const places = findMaskable(text);
    expect(places).toHaveLength(1);
    expect(text.slice(places[0]?.start, places[0]?.end)).toContain('sk-abcdefghijklmnop1234');
  });

  it('masks several in one text and keeps the rest', () => {
    expect(maskText('a@b.co 과 010-1234-5678, a@b.co')).toBe('[email] 과 [phone], [email]');
  });

  it('needs time in proportion to the text, whatever it holds', () => {
    const units = [
      'a',
      'a@',
      '@',
      'a.',
      'a@a.',
      '-',
      '1',
      '1-',
      '1 ',
      '0 1',
      '+1',
      '+',
      '4111 ',
      '090101-',
      'eyJ',
      'eyJaaaaaaaa.',
      'sk-',
      'sk_live_',
      'bearer ',
      'token=',
      'token',
      '-----BEGIN A-----',
      ' ',
      '\n',
      '가',
      '０',
    ];
    for (const unit of units) {
      const text = unit.repeat(Math.ceil(300_000 / unit.length));
      const found = findMaskable(text);
      expect(
        found.every(({ start, end }) => start < end && end <= text.length),
        unit,
      ).toBe(true);
    }
    // A quadratic search of so many characters takes minutes, and ends here as a failure.
  }, 180_000);
});
