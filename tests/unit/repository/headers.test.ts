import { describe, expect, test } from 'vitest';
import { headersFor, metaPolicy } from '../../../scripts/headers.mjs';

/** Directives of a policy with their sources. */
function parsePolicy(policy = ''): Record<string, string> {
  return Object.fromEntries(
    policy.split(';').map((directive) => {
      const [name = '', ...sources] = directive.trim().split(/\s+/);
      return [name, sources.join(' ')];
    }),
  );
}

const PAGE_POLICY = {
  'default-src': "'none'",
  'script-src': "'self' 'wasm-unsafe-eval'",
  'style-src': "'self'",
  'style-src-attr': "'unsafe-inline'",
  'img-src': "'self' blob: data:",
  'media-src': "'self' blob:",
  'font-src': "'self'",
  'worker-src': "'self'",
  'manifest-src': "'self'",
  'connect-src': "'self' https: http://localhost:* http://127.0.0.1:*",
  'frame-src': "'none'",
  'base-uri': "'none'",
  'form-action': "'none'",
  'object-src': "'none'",
  'frame-ancestors': "'none'",
  'require-trusted-types-for': "'script'",
  'trusted-types': 'svelte-trusted-html dompurify app-sw',
};

describe('public/_headers', () => {
  test.each(['/', '/index.html', '/assets/index-abc.js', '/nowhere'])(
    'gives %s exactly the policy of the page',
    (pathname) => {
      const { 'Content-Security-Policy': policy, ...others } = headersFor(pathname);
      expect(parsePolicy(policy)).toEqual(PAGE_POLICY);
      expect(others).toMatchObject({
        'Cross-Origin-Opener-Policy': 'same-origin',
        'Referrer-Policy': 'no-referrer',
        'X-Content-Type-Options': 'nosniff',
      });
    },
  );

  test('gives the service worker a policy of its own, which lets it fetch what it keeps', () => {
    const headers = headersFor('/sw.js');
    expect(parsePolicy(headers['Content-Security-Policy'])).toEqual({
      'default-src': "'none'",
      'script-src': "'self'",
      'connect-src': "'self'",
    });
    expect(headers['X-Content-Type-Options']).toBe('nosniff');
  });

  test.each(['/', '/index.html', '/sw.js'])('lets no cache keep %s unasked', (pathname) => {
    expect(headersFor(pathname)['Cache-Control']).toBe('no-cache');
  });

  test('lets hashed files be kept', () => {
    expect(headersFor('/assets/index-abc.js')['Cache-Control']).not.toBe('no-cache');
  });

  test('leaves open what the app needs: clipboard, passkeys, local endpoints', () => {
    const denied = headersFor('/')['Permissions-Policy'] ?? '';
    expect(denied).toMatch(/camera=\(\)/);
    expect(denied).not.toMatch(/clipboard-write|publickey-credentials|local-network/);
  });
});

test('the meta tag carries the same policy without what a meta tag cannot carry', () => {
  const { 'frame-ancestors': _left, ...rest } = PAGE_POLICY;
  expect(parsePolicy(metaPolicy())).toEqual(rest);
});
