import * as v from 'valibot';
import { toConversationId } from '#domain/ids.ts';
import type { ConversationId } from '#domain/ids.ts';
import type { AnonymiseOptions } from './anonymise.ts';
import { toDayText, toSafeName } from './safe-file-name.ts';

/** What can be exported, with the name and the kind of file it becomes. */
const KINDS = {
  json: { name: 'conversations', ending: 'json', mediaType: 'application/json' },
  markdown: { name: 'conversation', ending: 'md', mediaType: 'text/markdown' },
  'markdown-files': { name: 'markdown', ending: 'zip', mediaType: 'application/zip' },
  archive: { name: 'archive', ending: 'zip', mediaType: 'application/zip' },
  'fine-tuning': { name: 'fine-tuning', ending: 'jsonl', mediaType: 'application/jsonl' },
  sharegpt: { name: 'sharegpt', ending: 'jsonl', mediaType: 'application/jsonl' },
  'usage-csv': { name: 'usage', ending: 'csv', mediaType: 'text/csv' },
} as const;

export type ExportKind = keyof typeof KINDS;

/** Some conversations, or all but those in the trash unless they are wanted too. */
export type ExportSelection =
  | { readonly kind: 'ids'; readonly ids: readonly ConversationId[] }
  | { readonly kind: 'all'; readonly includesTrash: boolean };

/** Plain data: it passes from the page to the worker. */
export interface ExportRequest {
  readonly kind: ExportKind;
  /** Of no meaning for `usage-csv`. */
  readonly selection: ExportSelection;
  /** Null: as it is. Anonymised files never hold bytes of attachments. */
  readonly anonymise: AnonymiseOptions | null;
  /** Messages beside the shown branch too. */
  readonly withBranches: boolean;
  /** Bytes of attachments, in `json` (as base64) and `archive`. */
  readonly withAttachments: boolean;
  /** Answers rated 1 or 2 are not to be learnt from, in `fine-tuning`. */
  readonly skipsPoorAnswers: boolean;
}

const Kind = v.picklist([
  ...(['json', 'markdown', 'markdown-files', 'archive'] as const),
  ...(['fine-tuning', 'sharegpt', 'usage-csv'] as const),
]);

/** A selection in a message from the page. */
export const ExportSelectionMessage = v.variant('kind', [
  v.object({
    kind: v.literal('ids'),
    ids: v.array(v.pipe(v.string(), v.transform(toConversationId))),
  }),
  v.object({ kind: v.literal('all'), includesTrash: v.boolean() }),
]) satisfies v.GenericSchema<unknown, ExportSelection>;

/** A request in a message from the page. */
export const ExportRequestMessage = v.object({
  kind: Kind,
  selection: ExportSelectionMessage,
  anonymise: v.nullable(
    v.object({ dropsTitles: v.boolean(), dropsFeedback: v.boolean(), cutsTimes: v.boolean() }),
  ),
  withBranches: v.boolean(),
  withAttachments: v.boolean(),
  skipsPoorAnswers: v.boolean(),
}) satisfies v.GenericSchema<unknown, ExportRequest>;

/** A file as it is saved. */
export interface ExportFile {
  readonly fileName: string;
  readonly mediaType: string;
}

/**
 * `onggi_<title or kind>_YYYYMMDD.<ending>`, by the local day. Of an anonymised file the name says that it is
 * one, so that it is not given away for the other, and no title: that would tell what the file does not.
 * @param title Of the one conversation that is exported; null for several.
 */
export function nameExport(
  { kind, anonymise }: Pick<ExportRequest, 'kind' | 'anonymise'>,
  title: string | null,
  now: number,
): ExportFile {
  const { name, ending, mediaType } = KINDS[kind];
  const titled = toSafeName(title ?? '', name).replaceAll(' ', '-');
  const shown = anonymise ? `anonymised_${name}` : titled;
  const day = toDayText(now).replaceAll('-', '');
  return { fileName: `onggi_${shown}_${day}.${ending}`, mediaType };
}
