import type { MessageKey, TextValues } from './translator.svelte.ts';

/** One short message at the edge of the screen. */
export interface Toast {
  readonly id: number;
  readonly tone: 'plain' | 'danger';
  readonly key: MessageKey;
  readonly values: TextValues;
  /** What can be done about it, for example undo. */
  readonly action: { readonly key: MessageKey; readonly run: () => void } | null;
}

/** How long a toast stays, in milliseconds; one with an action stays longer. */
const PLAIN_MS = 4000;
const ACTION_MS = 10_000;

/** Short messages, newest last. */
export class Toasts {
  #items = $state.raw<readonly Toast[]>([]);
  #nextId = 0;

  get items(): readonly Toast[] {
    return this.#items;
  }

  show(key: MessageKey, options: Partial<Pick<Toast, 'tone' | 'values' | 'action'>> = {}): void {
    const id = this.#nextId++;
    const toast: Toast = { id, key, tone: 'plain', values: {}, action: null, ...options };
    this.#items = [...this.#items.slice(-2), toast];
    setTimeout(() => this.dismiss(id), toast.action ? ACTION_MS : PLAIN_MS);
  }

  dismiss(id: number): void {
    this.#items = this.#items.filter((toast) => toast.id !== id);
  }
}
