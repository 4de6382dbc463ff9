/** Whether this device has a network, as far as the browser knows. */
export class Connectivity {
  #isOnline = $state(navigator.onLine);

  get isOnline(): boolean {
    return this.#isOnline;
  }

  /** Called on the window's `online` and `offline`. */
  readonly sync = (): void => {
    this.#isOnline = navigator.onLine;
  };
}
