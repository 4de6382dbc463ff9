import type { App } from '#state/app.svelte.ts';
import type { MessageKey } from '#state/translator.svelte.ts';

/** One keyboard shortcut. The dialog of Mod+/ is drawn from the same list. */
export interface Shortcut {
  readonly id: string;
  readonly description: MessageKey;
  /** As in `KeyboardEvent.key`, lower case. */
  readonly key: string;
  readonly isMod: boolean;
  readonly isShift: boolean;
  /** What `KeyboardEvent.code` says for the same key where Shift changes `key`. */
  readonly code?: string;
  readonly run: (app: App, actions: ShortcutActions) => void;
}

/** Moves that need the page: focus, dialogs, the clipboard. */
export interface ShortcutActions {
  readonly focusComposer: () => void;
  readonly focusSearch: () => void;
  readonly openModelPicker: () => void;
  readonly showShortcuts: () => void;
  readonly copyLastAnswer: () => void;
  readonly copyLastCode: () => void;
  readonly deleteConversation: () => void;
}

const mod = (id: string, key: string, description: MessageKey, run: Shortcut['run']): Shortcut => ({
  id,
  key,
  description,
  isMod: true,
  isShift: false,
  run,
});

const modShift = (
  id: string,
  key: string,
  description: MessageKey,
  run: Shortcut['run'],
  code?: string,
): Shortcut => ({
  id,
  key,
  description,
  isMod: true,
  isShift: true,
  run,
  ...(code ? { code } : {}),
});

/** Every shortcut there is (CHAT section 6). Enter and the keys inside lists belong to their fields. */
export const SHORTCUTS: readonly Shortcut[] = [
  modShift('new-chat', 'o', 'shortcut.newChat', (app, { focusComposer }) => {
    app.newChat();
    focusComposer();
  }),
  modShift(
    'temporary-chat',
    "'",
    'shortcut.temporaryChat',
    (app, { focusComposer }) => {
      app.newChat({ isTemporary: true });
      focusComposer();
    },
    'Quote',
  ),
  mod('search', 'k', 'shortcut.search', (_app, { focusSearch }) => focusSearch()),
  modShift('find', 'f', 'shortcut.find', (app) => app.openFind()),
  modShift('model', 'm', 'shortcut.model', (_app, { openModelPicker }) => openModelPicker()),
  mod('settings', '.', 'shortcut.settings', (app) =>
    app.parts.router.go({ screen: 'settings', section: 'general' }),
  ),
  modShift('sidebar', 's', 'shortcut.sidebar', (app) => app.toggleSidebar()),
  modShift('lock', 'l', 'shortcut.lock', (app) => void app.lockNow()),
  modShift('copy-answer', 'c', 'shortcut.copyAnswer', (_app, { copyLastAnswer }) =>
    copyLastAnswer(),
  ),
  modShift(
    'copy-code',
    ';',
    'shortcut.copyCode',
    (_app, { copyLastCode }) => copyLastCode(),
    'Semicolon',
  ),
  modShift('delete', 'backspace', 'shortcut.delete', (_app, { deleteConversation }) =>
    deleteConversation(),
  ),
  {
    id: 'composer',
    key: 'escape',
    description: 'shortcut.composer',
    isMod: false,
    isShift: true,
    run: (_app, { focusComposer }) => focusComposer(),
  },
  mod('shortcuts', '/', 'shortcut.shortcuts', (_app, { showShortcuts }) => showShortcuts()),
];

/** Keys that belong to one place; shown in the dialog, handled there. */
export const LOCAL_KEYS: readonly { readonly keys: string; readonly description: MessageKey }[] = [
  { keys: 'Enter', description: 'shortcut.send' },
  { keys: 'Shift+Enter', description: 'shortcut.newLine' },
  { keys: '↑', description: 'shortcut.editLast' },
  { keys: 'Esc', description: 'shortcut.stop' },
];

const isApple = /Mac|iPhone|iPad/.test(navigator.userAgent);

/** The shortcut a key press means; none while an input method composes. */
export function matchShortcut(event: KeyboardEvent): Shortcut | undefined {
  if (event.isComposing || event.keyCode === 229 || event.altKey) return undefined;
  const isMod = isApple ? event.metaKey : event.ctrlKey;
  return SHORTCUTS.find(
    (shortcut) =>
      shortcut.isMod === isMod &&
      shortcut.isShift === event.shiftKey &&
      (shortcut.key === event.key.toLowerCase() || shortcut.code === event.code),
  );
}

/** How a shortcut is written on this computer. */
export function shortcutLabel({ key, isMod, isShift }: Shortcut): string {
  const name = key.length === 1 ? key.toUpperCase() : key.charAt(0).toUpperCase() + key.slice(1);
  const parts = [isMod && (isApple ? '⌘' : 'Ctrl'), isShift && (isApple ? '⇧' : 'Shift'), name];
  return parts.filter(Boolean).join(isApple ? '' : '+');
}

/** The label of one shortcut by its id, for hints beside buttons. */
export function labelOf(id: string): string {
  const shortcut = SHORTCUTS.find((candidate) => candidate.id === id);
  return shortcut ? shortcutLabel(shortcut) : '';
}
