import type { Role } from '#domain/message.ts';
import type { ArchiveTexts } from '#portability/archive-texts.ts';
import type { Translator } from './translator.svelte.ts';

/** What the roles are called on the screen. */
export function roleNames({ t }: Translator): Readonly<Record<Role, string>> {
  return {
    user: t('message.you'),
    assistant: t('message.assistant'),
    system: t('message.system'),
    function: t('message.function'),
    tool: t('message.tool'),
  };
}

/** The words of an exported archive's pages in the language on the screen. */
export function archiveTexts(translator: Translator): ArchiveTexts {
  const { t, language } = translator;
  return {
    locale: language ?? 'en',
    heading: t('list.name'),
    exportedOn: t('archive.exportedOn', { date: '{date}' }),
    conversations: t('archive.conversations', { count: '{count}' }),
    messages: t('archive.messages', { count: '{count}' }),
    untitled: t('conversation.untitled'),
    archived: t('list.archive'),
    inTrash: t('list.trash'),
    pinned: t('list.pinned'),
    anonymised: t('export.anonymise'),
    backToList: t('archive.back'),
    reasoning: t('message.reasoning'),
    otherVersions: t('archive.otherVersions'),
    attachments: t('message.attachments'),
    documents: t('archive.documents'),
    nothing: t('archive.nothing'),
    roles: roleNames(translator),
  };
}
