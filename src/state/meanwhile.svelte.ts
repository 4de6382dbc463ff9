/** Where this tab keeps it over a reload. */
const MEANWHILE_KEY = 'onggi.meanwhile';

/**
 * What a person types while no database is open, until a draft of the app has it: it outlives every reload of
 * its tab, and the browser asks before the page goes. See `full-disk.svelte.ts`.
 */
export class Meanwhile {
  text = $state('');

  /** Takes up what was typed before a reload, and looks after it from now on. */
  begin(): void {
    this.text = readKept();
    addEventListener('beforeunload', this.#ask);
    addEventListener('pagehide', this.#keep);
  }

  get isEmpty(): boolean {
    return this.text.trim() === '';
  }

  /** The page is about to load itself anew: what was typed comes back with it, so nobody is asked. */
  keepOverReload(): void {
    if (this.#keep()) removeEventListener('beforeunload', this.#ask);
  }

  /** It has another place by now, or nobody wants it any more. */
  end(): void {
    this.text = '';
    this.#keep();
    removeEventListener('beforeunload', this.#ask);
    removeEventListener('pagehide', this.#keep);
  }

  readonly #ask = (event: BeforeUnloadEvent): void => {
    if (!this.isEmpty) event.preventDefault();
  };

  /** @returns whether it is kept */
  readonly #keep = (): boolean => {
    try {
      if (this.isEmpty) sessionStorage.removeItem(MEANWHILE_KEY);
      else sessionStorage.setItem(MEANWHILE_KEY, this.text);
      return true;
    } catch {
      // It is longer than what the browser keeps there, or nothing may be kept: then it is asked about.
      return false;
    }
  };
}

function readKept(): string {
  try {
    return sessionStorage.getItem(MEANWHILE_KEY) ?? '';
  } catch {
    // The browser keeps sites from storing; opening the database says so.
    return '';
  }
}
