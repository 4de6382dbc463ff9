import type { MessageKey, TextValues } from './translator.svelte.ts';

/** A question that needs an answer before something dangerous happens. */
export interface Confirmation {
  readonly title: MessageKey;
  readonly body: MessageKey;
  readonly values?: TextValues;
  readonly confirm: MessageKey;
  readonly tone?: 'plain' | 'danger';
}

/** The question that is open, at most one. */
export class Dialogs {
  #open = $state.raw<{ question: Confirmation; answer: (isConfirmed: boolean) => void }>();

  get open(): Confirmation | undefined {
    return this.#open?.question;
  }

  /** Shows a question; resolves with what the person chose. A second one answers the first with no. */
  confirm(question: Confirmation): Promise<boolean> {
    this.#open?.answer(false);
    return new Promise((resolve) => {
      this.#open = { question, answer: resolve };
    });
  }

  readonly answer = (isConfirmed: boolean): void => {
    const open = this.#open;
    this.#open = undefined;
    open?.answer(isConfirmed);
  };
}
