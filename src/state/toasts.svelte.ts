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
/** How often it is looked whether a held one still is: a page that is covered hears no end of that. */
const HELD_MS = 10_000;

const saidBy = ({ tone, key, values }: Toast): string => JSON.stringify([tone, key, values]);

/** Short messages, newest last. */
export class Toasts {
  #items = $state.raw<readonly Toast[]>([]);
  #nextId = 0;
  readonly #timers = new Map<number, ReturnType<typeof setTimeout>>();

  get items(): readonly Toast[] {
    return this.#items;
  }

  show(key: MessageKey, options: Partial<Pick<Toast, 'tone' | 'values' | 'action'>> = {}): void {
    const id = this.#nextId++;
    const toast: Toast = { id, key, tone: 'plain', values: {}, action: null, ...options };
    // What is said again takes the place of what said it; something to do is something of its own.
    const isSaidAgain = (old: Toast) =>
      !old.action && !toast.action && saidBy(old) === saidBy(toast);
    for (const { id: old } of this.#items.filter(isSaidAgain)) this.dismiss(old);
    for (const { id: old } of this.#items.slice(0, -2)) this.dismiss(old);
    this.#items = [...this.#items, toast];
    this.letGo(toast);
  }

  /** Keeps a message while somebody points at it or is in it, which `isHeld` says. */
  hold(toast: Toast, isHeld: () => boolean): void {
    this.#after(toast.id, HELD_MS, () => {
      if (isHeld()) this.hold(toast, isHeld);
      else this.dismiss(toast.id);
    });
  }

  /** Lets a message go after its time, counted from now. */
  letGo({ id, action }: Toast): void {
    this.#after(id, action ? ACTION_MS : PLAIN_MS, () => this.dismiss(id));
  }

  #after(id: number, ms: number, act: () => void): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.set(id, setTimeout(act, ms));
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    this.#items = this.#items.filter((toast) => toast.id !== id);
  }
}
