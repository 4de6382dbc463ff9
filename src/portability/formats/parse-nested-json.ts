/** Deepest nesting that is parsed: what is deeper cannot be stored (SECURITY 6). */
const MAX_DEPTH = 64;

/**
 * JSON that stands as a text inside of a file, where the limit on the file's own depth does not see it.
 * Undefined when it is no JSON or nests deeper than 64.
 */
export function parseNestedJson(text: string): unknown {
  if (isTooDeep(text)) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (isInText) {
      if (character === '\\') index += 1;
      else if (character === '"') isInText = false;
    } else if (character === '"') isInText = true;
    else if (character === '[' || character === '{') depth += 1;
    else if (character === ']' || character === '}') depth -= 1;
    if (depth > MAX_DEPTH) return true;
  }
  return false;
}
