import type { ExportFormat } from '#domain/export-request.ts';
import type { MessageKey } from '#state/translator.svelte.ts';

/** What a format is called; names of formats are the same in every language. */
export function formatName(format: ExportFormat, t: (key: MessageKey) => string): string {
  switch (format) {
    case 'json':
      return 'JSON';
    case 'markdown':
      return 'Markdown';
    case 'sharegpt':
      return 'ShareGPT JSONL';
    default:
      return t(`export.format.${format}`);
  }
}

/** How the file of all conversations ends in a format. */
export const FILE_ENDINGS: Record<ExportFormat, string> = {
  archive: 'ZIP',
  json: '.json',
  markdown: 'ZIP',
  'fine-tuning': '.jsonl',
  sharegpt: '.jsonl',
  'usage-csv': '.csv',
  sqlite: '.sqlite',
  postgres: '.sql',
};
