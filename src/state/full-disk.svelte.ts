/** Waiting for room when the disk is so full that the browser cannot even open its databases. */
import { lookForRoom } from '#db/look-for-room.ts';
import { isNoRoom } from '#db/storage-errors.ts';
import { toOnggiError } from '#domain/errors.ts';
import type { Meanwhile } from './meanwhile.svelte.ts';
import type { StartWait } from './recovery.svelte.ts';

/** Pauses between the tries; the last one is that of all that follow. */
const PAUSES_MS = [3000, 5000, 10_000];

export interface FullDiskDeps {
  /** What is typed while it is waited for. */
  readonly meanwhile: Meanwhile;
  /** Resolves after so many milliseconds. */
  readonly sleep: (milliseconds: number) => Promise<unknown>;
  /** Only tests give another. @throws OnggiError `db/no-space` while there is none, `db/no-answer` */
  readonly look?: () => Promise<void>;
}

/** What a person sees and does meanwhile. Lives until the database is open. */
export class FullDisk {
  readonly meanwhile: Meanwhile;
  /** Why opening takes long, where it does. */
  wait = $state.raw<StartWait | undefined>();
  #isTrying = $state(false);
  #tryNow: () => void = () => undefined;
  readonly #deps: FullDiskDeps;

  constructor(deps: FullDiskDeps) {
    this.#deps = deps;
    this.meanwhile = deps.meanwhile;
  }

  get isTrying(): boolean {
    return this.#isTrying;
  }

  /**
   * Gives what `open` gives, once there is room for it: tries now and then, and when told to.
   * @throws OnggiError as `look` and `open`, but what may be over the next time: no room, no answer.
   */
  async openWithRoom<T>(open: () => Promise<T>): Promise<T> {
    const { sleep, look = lookForRoom } = this.#deps;
    for (let tries = 0; ; tries += 1) {
      const pause = PAUSES_MS[Math.min(tries, PAUSES_MS.length - 1)] ?? 0;
      await Promise.race([sleep(pause), new Promise<void>((now) => (this.#tryNow = now))]);
      this.#isTrying = true;
      try {
        await look();
        return await open();
      } catch (error) {
        if (!isNotYet(error)) throw error;
      } finally {
        this.#isTrying = false;
      }
    }
  }

  /** The person says that there is room. */
  readonly tryNow = (): void => this.#tryNow();
}

/** Whether it may work the next time. */
function isNotYet(error: unknown): boolean {
  return isNoRoom(error) || /^db\/(no-answer|hang)$/.test(toOnggiError(error).code);
}
