/**
 * What the text index has in memory and not yet in its files.
 *
 * [Note: What is written later] The change feed keeps every change until it is told that the files have it.
 * So a message need not be written as it comes: it is found from memory, and a page that is killed reads it
 * from the feed again. Written together, many small steps cost what one costs, and where files are rows of
 * a table, many messages are one row.
 */
import type { FeedPosition } from '#db/feed-reader.ts';
import type { PackedStep } from './packed-step.ts';

/** A step with its text, as it will be written. */
export interface TailStep {
  readonly step: PackedStep;
  readonly bytes: Uint8Array;
  readonly at: FeedPosition;
}

/** As many steps, and bytes of text, wait at most. */
const [MOST_STEPS, MOST_BYTES] = [50, 256 * 1024];

export class TextTail {
  #steps: TailStep[] = [];
  #bytes = new Uint8Array(0);
  #byteLength = 0;

  get steps(): readonly TailStep[] {
    return this.#steps;
  }

  /** The text of all steps, one behind the other; valid until something is added. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#byteLength);
  }

  /** Whether a step with so much text may wait at all. */
  takes(byteLength: number): boolean {
    return byteLength <= MOST_BYTES;
  }

  /** Whether what waits is to be written before so much more comes. */
  isFullFor(byteLength: number): boolean {
    return this.#steps.length >= MOST_STEPS || this.#byteLength + byteLength > MOST_BYTES;
  }

  add(added: TailStep): void {
    const { bytes } = added;
    const end = this.#byteLength + bytes.length;
    if (end > this.#bytes.length) {
      const wider = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      wider.set(this.bytes);
      this.#bytes = wider;
    }
    this.#bytes.set(bytes, this.#byteLength);
    this.#byteLength = end;
    this.#steps.push(added);
  }

  clear(): void {
    [this.#steps, this.#bytes, this.#byteLength] = [[], new Uint8Array(0), 0];
  }
}
