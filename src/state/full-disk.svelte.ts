/** Waiting for room when the disk is so full that the browser cannot even open its databases. */
import { addToDraft } from '#db/add-to-draft.ts';
import type { OnggiDatabase } from '#db/open-database.ts';
import { lookForRoom } from '#db/look-for-room.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { Clock } from '#domain/ids.ts';
import type { StorageHealth } from './storage-health.svelte.ts';

/** Pauses between the tries; the last one is that of all that follow. */
const PAUSES_MS = [3000, 5000, 10_000];

/** After these there may be room the next time. */
const NOT_YET: readonly string[] = ['db/no-space', 'db/no-answer'];

export interface FullDiskDeps {
  readonly clock: Clock;
  /** Resolves after so many milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  /** Only tests give another. @throws OnggiError `db/no-space` while there is none, `db/no-answer` */
  readonly look?: () => Promise<void>;
}

/** What a person sees and does meanwhile. Lives until the app is there, however often it is shown. */
export class FullDisk {
  /** What was typed meanwhile; it is in this page only. */
  text = $state('');
  #isTrying = $state(false);
  #tryNow: () => void = () => undefined;
  #tries = 0;
  readonly #deps: FullDiskDeps;

  constructor(deps: FullDiskDeps) {
    this.#deps = deps;
  }

  get isTrying(): boolean {
    return this.#isTrying;
  }

  /**
   * Resolves when there is room again, so that opening may work: looks now and then, and when told to.
   * @throws OnggiError as `look`, but those of {@link NOT_YET}.
   */
  async waitForRoom(): Promise<void> {
    const { sleep, look = lookForRoom } = this.#deps;
    for (;;) {
      const pause = PAUSES_MS[Math.min(this.#tries, PAUSES_MS.length - 1)] ?? 0;
      this.#tries += 1;
      await Promise.race([sleep(pause), new Promise<void>((now) => (this.#tryNow = now))]);
      this.#isTrying = true;
      try {
        await look();
        return;
      } catch (error) {
        if (!NOT_YET.includes(toOnggiError(error).code)) throw error;
      } finally {
        this.#isTrying = false;
      }
    }
  }

  /** The person says that there is room. */
  readonly tryNow = (): void => this.#tryNow();

  /**
   * Puts what was typed behind the draft of that id. Where that fails the text waits with what else could not
   * be written: nobody who has an open database is kept out for it.
   */
  async handOver(
    db: OnggiDatabase,
    draftId: string,
    storage: Pick<StorageHealth, 'fail' | 'keep'>,
  ): Promise<void> {
    const text = this.text.trim();
    if (text === '') return;
    const write = () => addToDraft(db, { id: draftId, text, updatedAt: this.#deps.clock() });
    try {
      await write();
    } catch (error) {
      storage.fail(toOnggiError(error));
      storage.keep({ id: 'full-disk', title: 'Draft', text, retry: write });
    }
    this.text = '';
  }
}
