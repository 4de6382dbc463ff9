/**
 * JSON of a plain value with the members of every object in the order of their names, so that equal
 * values give equal text however they were put together. Members that are undefined are left out,
 * lone surrogates are escaped. Not for values with cycles.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_name, member: unknown) =>
    isPlainObject(member) ? sortMembers(member) : member,
  );
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** By UTF-16 code units, as RFC 8785 has it. Without a prototype, so that `__proto__` is a name like any other. */
function sortMembers(value: Record<string, unknown>): Record<string, unknown> {
  const sorted = Object.create(null) as Record<string, unknown>;
  for (const name of Object.keys(value).sort()) sorted[name] = value[name];
  return sorted;
}
