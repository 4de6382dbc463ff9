import type { App } from '#state/app.svelte.ts';

/** Puts text on the clipboard. @returns whether the browser allowed it; when not, the person is told. */
export async function copyText(app: App, text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    app.parts.toasts.show('error.clipboard/denied', { tone: 'danger' });
    return false;
  }
}
