/** Tells of the ids of messages, in the order of their file, whether they came before. */
export interface IdCheck {
  /** At once, but where the order breaks. */
  isSecond(id: string): boolean | Promise<boolean>;
  /** What follows is of a segment, which has no row that another file has the last word on. */
  readonly beginSegment: () => void;
}

/**
 * Our own files have their messages by id, so that the last one is enough to know; a set of all of them would
 * grow with the file. It is made where the order breaks, as in files of the specification, and for segments,
 * whose rows are bounded.
 * @param readUpTo Reads the file again: the ids from its beginning to this one.
 */
export function createIdCheck(
  isSegment: boolean,
  readUpTo: (lastId: string) => Promise<Set<string>>,
): IdCheck {
  let seen = isSegment ? new Set<string>() : undefined;
  let lastId: string | undefined;

  function isKnown(ids: Set<string>, id: string): boolean {
    const isSecond = ids.has(id);
    ids.add(id);
    return isSecond;
  }

  async function isSecondOutOfOrder(id: string, last: string): Promise<boolean> {
    seen = await readUpTo(last);
    return isKnown(seen, id);
  }

  return {
    isSecond(id) {
      if (seen) return isKnown(seen, id);
      if (lastId !== undefined && id < lastId) return isSecondOutOfOrder(id, lastId);
      const isSecond = id === lastId;
      lastId = id;
      return isSecond;
    },
    beginSegment: () => void (seen = new Set()),
  };
}
