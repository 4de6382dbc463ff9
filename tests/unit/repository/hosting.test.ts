import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { headersFor } from '../../../scripts/headers.mjs';

const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8');

function snippetOf(language: string): string {
  const [, snippet] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme) ?? [];
  if (snippet === undefined) throw new Error(`README has no block of ${language}`);
  return snippet;
}

const nginx = snippetOf('nginx');
const caddy = snippetOf('caddyfile');

const withoutQuotes = (text = ''): string => text.replace(/^"([^]*)"$/, '$1');

/** What the `map` that makes `$variable` gives for an address: the same name first, then the first pattern. */
function nginxMap(variable: string, pathname: string): string | undefined {
  const [, body = ''] = new RegExp(`\\$${variable} \\{\n([^]*?)\n\\}`).exec(nginx) ?? [];
  const rows = body.split('\n').map((line) => {
    const [, name = '', value = ''] = /^\s*(\S+)\s+"(.*)";$/.exec(line) ?? [];
    return { name, value };
  });
  const row =
    rows.find(({ name }) => name === pathname) ??
    rows.find(({ name }) => name.startsWith('~') && new RegExp(name.slice(1)).test(pathname)) ??
    rows.find(({ name }) => name === 'default');
  return row?.value === '' ? undefined : row?.value;
}

/** Headers of an answer by the nginx block. `/` is answered as `/index.html`, by its `index`. */
function nginxHeaders(pathname: string): Record<string, string> {
  const path = pathname === '/' ? '/index.html' : pathname;
  const headers: Record<string, string> = {};
  for (const [, name = '', given = ''] of nginx.matchAll(
    /add_header (\S+) ("[^"]*"|\S+?)(?: always)?;/g,
  )) {
    const value = given.startsWith('$') ? nginxMap(given.slice(1), path) : withoutQuotes(given);
    if (value !== undefined) headers[name] = value;
  }
  return headers;
}

const caddyPaths = new Map(
  [...caddy.matchAll(/@(\S+) (not )?path (.+)/g)].map(([, name = '', not, paths = '']) => [
    name,
    { isNot: not !== undefined, paths: paths.split(' ') },
  ]),
);

function isCaddyMatch(matcher: string, pathname: string): boolean {
  const known = caddyPaths.get(matcher);
  if (!known) throw new Error(`@${matcher} is not defined`);
  const isNamed = known.paths.some((path) =>
    path.endsWith('*') ? pathname.startsWith(path.slice(0, -1)) : path === pathname,
  );
  return isNamed !== known.isNot;
}

function caddyHeaders(pathname: string): Record<string, string> {
  const [, forAll = ''] = /header \{\n([^]*?)\n\t\}/.exec(caddy) ?? [];
  const headers: Record<string, string> = {};
  for (const [, name = '', value = ''] of forAll.matchAll(/^\s*(\S+) (.+)$/gm)) {
    headers[name] = withoutQuotes(value);
  }
  for (const [, matcher = '', name = '', value = ''] of caddy.matchAll(
    /header @(\S+) (\S+) (.+)/g,
  )) {
    if (isCaddyMatch(matcher, pathname)) headers[name] = withoutQuotes(value);
  }
  return headers;
}

const HASHED = /^\/(assets|workers)\//;

describe.each([
  { host: 'nginx', headersOf: nginxHeaders },
  { host: 'Caddy', headersOf: caddyHeaders },
])('the block for $host in the README', ({ headersOf }) => {
  test.each([
    '/',
    '/index.html',
    '/sw.js',
    '/assets/index-abc.js',
    '/workers/backup.worker-abc.js',
    '/workers/ort-wasm-simd-threaded-abc.mjs',
    '/models/onggi/config.json',
    '/nowhere',
  ])('sends with %s what public/_headers says', (pathname) => {
    const { 'Cache-Control': caching, ...headers } = headersOf(pathname);
    const { 'Cache-Control': meantCaching, ...meant } = headersFor(pathname);
    expect(headers).toEqual(meant);
    expect(caching).toBe(
      HASHED.test(pathname) ? 'public, max-age=31536000, immutable' : meantCaching,
    );
  });
});
