import type { JsonFormat } from './format.ts';
import { asArray, asText, isObject, member } from './read-value.ts';
import { skipped } from './skipped.ts';

/**
 * The `manifest-*.json` that Claude e-mails in 2026: it names archives and holds none of them. Each is
 * yielded as skipped by its name, so that the person knows what to download. The addresses in it are
 * single-use and are neither called nor passed on.
 */
export const claudeManifest: JsonFormat = {
  kind: 'json',
  id: 'claude-manifest',
  source: 'claude',
  isFromDocumentation: true,
  unit: 'whole',
  matches({ first, isArray }) {
    if (isArray || !isObject(first) || !Array.isArray(first['data_files'])) return false;
    return first['data_files'].every(
      (file) => isObject(file) && ['category', 'filename', 'export_url'].some((key) => key in file),
    );
  },
  *read(value) {
    for (const file of asArray(member(value, 'data_files'))) {
      yield skipped('manifest_only', labelOf(file));
    }
  },
};

/** A name that is itself an address could carry the single-use key: then the category is taken. */
function labelOf(file: unknown): string | null {
  const name = asText(member(file, 'filename'));
  const isPlain = name !== null && !/:\/\/|[?#]/.test(name);
  return isPlain ? name : asText(member(file, 'category'));
}
