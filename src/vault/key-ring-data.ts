import type { KeyId } from '#domain/ids.ts';

/** A wrap is bound to the id of its entry: moved to another one it does not open. */
export function keyRingData(id: KeyId): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(JSON.stringify(['1', 'keyRing', id, 'dataKey', '']));
}
