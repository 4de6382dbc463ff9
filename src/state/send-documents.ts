import { readEmbedderChoice } from '#domain/embedder-choice.ts';
import { DEFAULT_MEANING_SETTINGS } from '#domain/meaning-settings.ts';
import type { Settings } from './settings.svelte.ts';

/** Writes down whether documents of the library may be sent to the chosen endpoint, as the person said. */
export async function sendDocuments(
  settings: Pick<Settings, 'value' | 'update'>,
  mayBeSent: boolean,
): Promise<void> {
  const meaning = settings.value.meaning ?? DEFAULT_MEANING_SETTINGS;
  const chosen = readEmbedderChoice(meaning.embedder);
  if (chosen?.kind !== 'endpoint') return;
  const embedder = { ...chosen, sendsDocuments: mayBeSent };
  await settings.update({ meaning: { ...meaning, embedder } });
}
