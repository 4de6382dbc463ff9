/**
 * A cheap proof that the messages of a conversation are one unbroken line, so that they need not be
 * read again after they were stored. Each message is a node (id, seq); each claims its parent
 * (parent's id, seq - 1). When every node but the last is claimed exactly once, there is no missing
 * parent, no circle, no branch and no gap. Nodes and claims are compared by the sums of two 32-bit
 * hashes with a random start, which no file can foresee.
 */
export interface ChainProof {
  addMessage(id: string, parentId: string | null, seq: number): void;
  /** Whether they are one line. True for none at all. */
  isChain(): boolean;
}

/** Hashes of one reading. */
export type PlaceHasher = (id: string, seq: number) => readonly [number, number];

export function createPlaceHasher(): PlaceHasher {
  const [first = 1, second = 2] = crypto.getRandomValues(new Int32Array(2));
  return (id, seq) => {
    let a = mix(first, seq);
    let b = mix(second, seq);
    for (let index = 0; index < id.length; index += 1) {
      const unit = id.charCodeAt(index);
      a = mix(a, unit);
      b = Math.imul(b ^ unit, 0x5bd1e995) ^ (b >>> 13);
    }
    return [mix(a, a >>> 15), mix(b, b >>> 13)];
  };
}

function mix(hash: number, value: number): number {
  return Math.imul(hash ^ value, 0x01000193) ^ (hash >>> 11);
}

export function createChainProof(hash: PlaceHasher): ChainProof {
  /** Sum of all nodes without that of all claims: of a line, the last node is left. */
  let restA = 0;
  let restB = 0;
  let roots = 0;
  let lastSeq = -Infinity;
  let lastA = 0;
  let lastB = 0;
  let isNumbered = true;
  return {
    addMessage(id, parentId, seq) {
      if (!Number.isInteger(seq) || seq < 0 || seq > 0x7fff_ffff) isNumbered = false;
      const [a, b] = hash(id, seq);
      restA = (restA + a) | 0;
      restB = (restB + b) | 0;
      if (seq > lastSeq) [lastSeq, lastA, lastB] = [seq, a, b];
      if (parentId === null) {
        roots += 1;
        return;
      }
      const [claimedA, claimedB] = hash(parentId, seq - 1);
      restA = (restA - claimedA) | 0;
      restB = (restB - claimedB) | 0;
    },
    isChain() {
      if (lastSeq === -Infinity) return true;
      return isNumbered && roots === 1 && restA === lastA && restB === lastB;
    },
  };
}
