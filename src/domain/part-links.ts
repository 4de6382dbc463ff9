/** How deep in a block addresses are looked for, and how many are given. */
const MAX_DEPTH = 6;
const MAX_LINKS = 20;

/** What products call an address. */
const NAMES = /^(?:url|link|uri|href|image|.*(?:_url|Url|_link|_uri))$/;

/**
 * The addresses of the web that a block of an imported message names, each once and at most 20, in their
 * order: under a name that says so, at most 6 levels deep. Nothing is fetched of them.
 */
export function linksOfPart(part: unknown): readonly string[] {
  const found = new Set<string>();
  collect(part, false, 0, found);
  return [...found];
}

function collect(value: unknown, isNamed: boolean, depth: number, found: Set<string>): void {
  if (found.size >= MAX_LINKS || depth > MAX_DEPTH) return;
  if (typeof value === 'string') {
    if (isNamed && /^https?:\/\/[^\s<>"]+$/i.test(value)) found.add(value);
  } else if (Array.isArray(value)) {
    for (const each of value as readonly unknown[]) collect(each, isNamed, depth + 1, found);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      collect(each, NAMES.test(key), depth + 1, found);
    }
  }
}
