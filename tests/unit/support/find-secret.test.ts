import { gzipSync } from 'node:zlib';
import { strToU8, zipSync } from 'fflate';
import { expect, test } from 'vitest';
import { holdsSecret } from '../../support/find-secret.ts';

const SECRET = 'sk-8f3a61d09c5be72417aa90';
const around = (text: string) => `{"before":"${text}","after":1}`;

const packed: [string, Buffer][] = [
  ['in clear', Buffer.from(around(SECRET))],
  ['its beginning only', Buffer.from(around(SECRET.slice(0, 14)))],
  ['two bytes a letter', Buffer.from(around(SECRET), 'utf16le')],
  ['as hex', Buffer.from(Buffer.from(around(SECRET)).toString('hex'))],
  ['as base64', Buffer.from(Buffer.from(SECRET).toString('base64'))],
  ['as base64 after one byte', Buffer.from(Buffer.from(`x${SECRET}`).toString('base64'))],
  ['as base64 after two bytes', Buffer.from(Buffer.from(`xy${SECRET}`).toString('base64'))],
  ['in a gzip', gzipSync(around(SECRET))],
  ['in a ZIP', Buffer.from(zipSync({ 'a.json': strToU8(around(SECRET)) }))],
];

test.each(packed)('finds a secret %s', (_how, bytes) => {
  expect(holdsSecret(bytes, SECRET)).toBe(true);
});

test('finds none where there is none', () => {
  expect(holdsSecret(Buffer.from(around('sk-another-key-altogether')), SECRET)).toBe(false);
  expect(holdsSecret(Buffer.alloc(0), SECRET)).toBe(false);
  expect(holdsSecret(Buffer.from([0x1f, 0x8b, 1, 2]), SECRET)).toBe(false);
});
