/** The browser's own dialog that asks for the place of a file: one at a time. */
export interface PlaceQuestion {
  /** Whether it stands: whoever presses the button again meanwhile asks nothing. */
  readonly isOpen: boolean;
  /** @returns what `pick` gives: undefined when the person closed the dialog. */
  ask(pick: PickHandle): Promise<FileSystemFileHandle | undefined>;
}

type PickHandle = () => Promise<FileSystemFileHandle | undefined>;

export function createPlaceQuestion(): PlaceQuestion {
  let isOpen = false;
  return {
    get isOpen() {
      return isOpen;
    },
    async ask(pick) {
      isOpen = true;
      try {
        return await pick();
      } finally {
        isOpen = false;
      }
    },
  };
}
