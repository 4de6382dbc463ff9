import type { TellCopy } from '#files/zip-directory.ts';
import { DOCUMENT_JSON, DOCUMENT_TEXT } from './document-json.ts';

/** What our archives say more than once: to be read back, and to be looked at by a person. */
const ENDINGS: ReadonlyMap<string, { readonly original: string; readonly copy: string }> = new Map([
  ['json', { original: '.json', copy: '' }],
  ['markdown', { original: '', copy: '.md' }],
  ['html', { original: '', copy: '.html' }],
  ['documents', { original: DOCUMENT_JSON, copy: DOCUMENT_TEXT }],
]);

/**
 * Tells the entries of an archive of ours that say again what its JSON says: `html/x.html` and `markdown/x.md`
 * of `json/x.json`, the text of a document beside its own JSON.
 */
export const tellArchiveCopy: TellCopy = (rawName) => {
  const [name = '', folder = ''] = rawName.split('/').slice(-2).reverse();
  const endings = ENDINGS.get(folder);
  if (!endings) return undefined;
  const { original, copy } = endings;
  const isCopy = copy !== '' && name.endsWith(copy);
  const isOriginal = original !== '' && name.endsWith(original);
  if (!isCopy && !isOriginal) return undefined;
  const stem = name.slice(0, -(isCopy ? copy : original).length);
  const root = rawName.slice(0, rawName.length - name.length - folder.length - 1);
  const kind = folder === 'documents' ? folder : 'json';
  return { key: `${root}\n${kind}\n${stem}`, isCopy };
};
