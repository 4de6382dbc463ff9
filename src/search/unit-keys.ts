/**
 * The keys of all units, packed one behind the other, and which unit has a key. A hundred thousand strings, and
 * a map of them, would take longer to make than all of the text takes to read.
 *
 * A UTF-16 unit is written as UTF-8 writes a character of that number, each for itself: so every string comes
 * back as it was, halves of characters too, which no encoder of the browser does.
 */
import { bytesOf, widened } from './columns.ts';

/** Bytes that a UTF-16 unit takes at most. */
const MOST_BYTES = 3;

/** Writes a key to where `target` has room for three bytes a UTF-16 unit. @returns how many bytes it took */
function writeKey(key: string, target: Uint8Array, from: number): number {
  let to = from;
  for (let at = 0; at < key.length; at += 1) {
    const code = key.charCodeAt(at);
    if (code < 0x80) {
      target[to++] = code;
      continue;
    }
    if (code < 0x800) target[to++] = 0xc0 | (code >> 6);
    else {
      target[to++] = 0xe0 | (code >> 12);
      target[to++] = 0x80 | ((code >> 6) & 0x3f);
    }
    target[to++] = 0x80 | (code & 0x3f);
  }
  return to - from;
}

function readKey(bytes: Uint8Array, from: number, to: number): string {
  let key = '';
  for (let at = from; at < to;) {
    const first = bytes[at++] ?? 0;
    let code = first < 0x80 ? first : first < 0xe0 ? first & 0x1f : first & 0x0f;
    const more = first < 0x80 ? 0 : first < 0xe0 ? 1 : 2;
    for (let each = 0; each < more; each += 1) code = (code << 6) | ((bytes[at++] ?? 0) & 0x3f);
    key += String.fromCharCode(code);
  }
  return key;
}

function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = to - from;
  for (let at = from; at < to; at += 1) {
    hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  return hash >>> 0;
}

/** Keys one behind the other, with the bytes that each takes. */
export function packKeys(keys: readonly string[]): {
  readonly bytes: Uint8Array;
  readonly lengths: Uint32Array;
} {
  const bytes = new Uint8Array(keys.reduce((sum, { length }) => sum + length, 0) * MOST_BYTES);
  const lengths = new Uint32Array(keys.length);
  let end = 0;
  for (const [at, key] of keys.entries()) {
    lengths[at] = writeKey(key, bytes, end);
    end += lengths[at] ?? 0;
  }
  return { bytes: bytes.slice(0, end), lengths };
}

export class UnitKeys {
  readonly #isAlive: (unit: number) => boolean;
  #bytes = new Uint8Array(1024);
  /** The key of unit `n` takes `[starts[n], starts[n + 1])`. */
  #starts = new Uint32Array(65);
  #count = 0;
  /**
   * Numbers of units and one more, each at the hash of its key or behind it; 0 is free. Made when a key is asked
   * for: who only searches never does. One that died keeps its place until another takes it, or there is no room.
   */
  #slots: Uint32Array | undefined;
  #usedSlots = 0;
  #asked = new Uint8Array(256);

  /** @param isAlive Only such units are found. */
  constructor(isAlive: (unit: number) => boolean) {
    this.#isAlive = isAlive;
  }

  get count(): number {
    return this.#count;
  }

  /** Makes room for so many more units with so many bytes of keys. */
  reserve(unitCount: number, byteLength: number): void {
    const [units, bytes] = [this.#count + unitCount + 1, this.#end + byteLength];
    if (units > this.#starts.length) this.#starts = widened(this.#starts, new Uint32Array(units));
    if (bytes > this.#bytes.length) this.#bytes = widened(this.#bytes, new Uint8Array(bytes));
  }

  /** Adds keys of units that are alive, one behind the other; `lengths` as bytes of 32-bit numbers. */
  add(count: number, lengths: Uint8Array, bytes: Uint8Array): void {
    const [first, end] = [this.#count, this.#end];
    if (first + count >= this.#starts.length || end + bytes.length > this.#bytes.length) {
      this.reserve(count + (first >> 1), bytes.length + (end >> 1));
    }
    this.#bytes.set(bytes, end);
    const starts = this.#starts;
    bytesOf(starts.subarray(first + 1, first + 1 + count)).set(lengths);
    for (let at = first, start = end; at < first + count; at += 1) {
      start += starts[at + 1] ?? 0;
      starts[at + 1] = start;
    }
    this.#count += count;
    // Full to three quarters at most, or looking for what is not there takes long: then it is made anew.
    const slots = this.#slots;
    if (!slots || (this.#usedSlots + count) * 4 > slots.length * 3) this.#slots = undefined;
    else for (let unit = first; unit < this.#count; unit += 1) this.#take(slots, unit);
  }

  key(unit: number): string {
    return readKey(this.#bytes, this.#starts[unit] ?? 0, this.#starts[unit + 1] ?? 0);
  }

  /** The living unit of that key. */
  find(key: string): number | undefined {
    if (this.#asked.length < key.length * MOST_BYTES) {
      this.#asked = new Uint8Array(key.length * MOST_BYTES * 2);
    }
    const asked = this.#asked;
    const length = writeKey(key, asked, 0);
    const slots = (this.#slots ??= this.#fill());
    for (let at = hashOf(asked, 0, length); ; at += 1) {
      const unit = (slots[at & (slots.length - 1)] ?? 0) - 1;
      if (unit < 0) return undefined;
      if (this.#isKey(unit, asked, length) && this.#isAlive(unit)) return unit;
    }
  }

  get #end(): number {
    return this.#starts[this.#count] ?? 0;
  }

  #isKey(unit: number, asked: Uint8Array, length: number): boolean {
    const start = this.#starts[unit] ?? 0;
    if ((this.#starts[unit + 1] ?? 0) - start !== length) return false;
    // Ids that are alike differ at their ends.
    for (let at = length - 1; at >= 0; at -= 1) {
      if (this.#bytes[start + at] !== asked[at]) return false;
    }
    return true;
  }

  /** A place for every living unit, and for half as many more. */
  #fill(): Uint32Array {
    const alive: number[] = [];
    for (let unit = 0; unit < this.#count; unit += 1) if (this.#isAlive(unit)) alive.push(unit);
    let size = 1024;
    while (size < alive.length * 1.5) size *= 2;
    const slots = new Uint32Array(size);
    this.#usedSlots = 0;
    for (const unit of alive) this.#take(slots, unit);
    return slots;
  }

  #take(slots: Uint32Array, unit: number): void {
    const hash = hashOf(this.#bytes, this.#starts[unit] ?? 0, this.#starts[unit + 1] ?? 0);
    for (let at = hash; ; at += 1) {
      const slot = at & (slots.length - 1);
      const other = (slots[slot] ?? 0) - 1;
      if (other >= 0 && this.#isAlive(other)) continue;
      if (other < 0) this.#usedSlots += 1;
      slots[slot] = unit + 1;
      return;
    }
  }
}
