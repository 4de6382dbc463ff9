/** One change to a sample: where, and the whole sample with it. */
export interface Mangled {
  readonly path: string;
  readonly value: unknown;
}

/**
 * Deep copies of a JSON value, each with one leaf or one container replaced by null, 0, '', 'x', [] and
 * {} in turn, and each object member also left out. What a reader must survive in every field.
 */
export function* mangled(sample: unknown): Iterable<Mangled> {
  for (const path of pathsOf(sample, [])) {
    for (const replacement of [null, 0, '', 'x', [], {}]) {
      const name = `${path.join('.')} = ${JSON.stringify(replacement)}`;
      yield { path: name, value: replaceAt(sample, path, replacement) };
    }
    if (path.length > 0) {
      yield { path: `${path.join('.')} left out`, value: replaceAt(sample, path, undefined) };
    }
  }
}

type Path = readonly (string | number)[];

function* pathsOf(value: unknown, path: Path): Iterable<Path> {
  yield path;
  if (typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) yield* pathsOf(child, [...path, key]);
}

function replaceAt(value: unknown, path: Path, replacement: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined || typeof value !== 'object' || value === null) return replacement;
  const entries = Object.entries(value).map(([name, child]): [string, unknown] =>
    name === String(key)
      ? [name, replaceAt(child, rest, replacement)]
      : [name, structuredClone(child)],
  );
  if (Array.isArray(value)) return entries.map(([, child]) => child);
  return Object.fromEntries(entries.filter(([, child]) => child !== undefined));
}
