import { mount } from 'svelte';
import { LANGUAGES } from '#domain/user-settings.ts';
import { Erasure } from '#state/erasure.svelte.ts';
import type { Translator } from '#state/translator.svelte.ts';
import EraseScreen from './EraseScreen.svelte';

/**
 * Shows the page that erases everything, in the language its address names (`#/erase/ko`): the settings
 * that know it are not open.
 * @param isUnfinished Whether it goes on by itself where a closed page left off.
 */
export async function showErase(
  target: Element,
  translator: Translator,
  isUnfinished: boolean,
): Promise<void> {
  const named = LANGUAGES.find((language) => location.hash.endsWith(`/${language}`));
  if (named) await translator.use(named);
  await translator.complete();
  document.documentElement.lang = translator.language ?? 'ko';
  target.replaceChildren();
  const load = (hash: string): void => {
    // Who makes a backup first comes back with the back button of the browser.
    if (hash === '#/data') history.pushState(null, '', hash);
    else history.replaceState(null, '', hash);
    location.reload();
  };
  const erasure = new Erasure(load, isUnfinished);
  // Nothing else of the app is here to follow the address: back, a bookmark, a typed one.
  addEventListener('hashchange', () => {
    if (!location.hash.startsWith('#/erase')) erasure.leave(location.hash);
  });
  mount(EraseScreen, { target, props: { erasure, translator } });
}
