import type { Role } from '#domain/message.ts';

/** The words of an archive's pages, in the person's language. `{count}` is replaced by a number. */
export interface ArchiveTexts {
  /** BCP 47, for dates, months and the page's own language. */
  readonly locale: string;
  /** Title of the index page. */
  readonly heading: string;
  /** `{date}` is the day of the export. */
  readonly exportedOn: string;
  readonly conversations: string;
  readonly messages: string;
  readonly untitled: string;
  readonly archived: string;
  readonly inTrash: string;
  readonly pinned: string;
  readonly anonymised: string;
  /** Link back to the index. */
  readonly backToList: string;
  readonly reasoning: string;
  /** Above the messages that are not on the shown branch. */
  readonly otherVersions: string;
  readonly attachments: string;
  /** Above the documents of the library. */
  readonly documents: string;
  /** Where there is nothing in the archive. */
  readonly nothing: string;
  readonly roles: Readonly<Record<Role, string>>;
}

/** The words where no others are given. */
export const ENGLISH_ARCHIVE_TEXTS: ArchiveTexts = {
  locale: 'en',
  heading: 'Conversations',
  exportedOn: 'Exported from onggi on {date}',
  conversations: 'Conversations: {count}',
  messages: 'Messages: {count}',
  untitled: 'Untitled conversation',
  archived: 'Archived',
  inTrash: 'In the trash',
  pinned: 'Pinned',
  anonymised: 'Anonymised',
  backToList: 'All conversations',
  reasoning: 'Reasoning',
  otherVersions: 'Other versions',
  attachments: 'Attachments',
  documents: 'Documents',
  nothing: 'There are no conversations here.',
  roles: {
    user: 'You',
    assistant: 'Assistant',
    system: 'System',
    function: 'Function',
    tool: 'Tool',
  },
};
