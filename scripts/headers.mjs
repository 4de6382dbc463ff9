/**
 * The response headers of the app. `public/_headers` is the one place where they are written; the
 * preview server and the meta tag of the build read it through this file.
 */
import { readFileSync } from 'node:fs';

/** @typedef {{ path: string, headers: Record<string, string> }} HeaderRule */

/**
 * Rules in the order of the file.
 * @param {string} text In the format that Netlify and Cloudflare Pages read.
 * @returns {HeaderRule[]}
 */
function parseHeaders(text) {
  /** @type {HeaderRule[]} */
  const rules = [];
  for (const line of text.split('\n')) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    if (!/^\s/.test(line)) rules.push({ path: line.trim(), headers: {} });
    else {
      const at = line.indexOf(':');
      const rule = rules.at(-1);
      if (rule) rule.headers[line.slice(0, at).trim()] = line.slice(at + 1).trim();
    }
  }
  return rules;
}

const rules = parseHeaders(readFileSync(new URL('../public/_headers', import.meta.url), 'utf8'));

/**
 * Headers of one response, as the preview server sends them: a later, narrower rule wins. (A host may
 * instead send both, which is only stricter.)
 * @param {string} pathname
 * @returns {Record<string, string>}
 */
export function headersFor(pathname) {
  const path = pathname === '/' ? '/index.html' : pathname;
  const isMeant = (/** @type {HeaderRule} */ rule) =>
    rule.path.endsWith('*') ? path.startsWith(rule.path.slice(0, -1)) : rule.path === path;
  return Object.assign({}, ...rules.filter(isMeant).map((rule) => rule.headers));
}

/** The page's policy without what a meta tag cannot carry. */
export function metaPolicy() {
  const policy = headersFor('/index.html')['Content-Security-Policy'] ?? '';
  return policy
    .split('; ')
    .filter((directive) => !directive.startsWith('frame-ancestors'))
    .join('; ');
}
