/** A piece of an answer, told apart. */
export interface SplitText {
  readonly kind: 'text' | 'reasoning';
  readonly text: string;
}

/** Takes reasoning out of the beginning of an answer, piece by piece. */
export interface ThinkSplitter {
  /** Gives what is certain by now; text is held back while it may still become a tag. */
  push(text: string): readonly SplitText[];
  /** Gives what was held back. To be called once, at the end. */
  flush(): readonly SplitText[];
}

const TAGS = [
  { open: '<think>', opened: /^<think>/, close: '</think>' },
  {
    open: '<details type="reasoning"',
    opened: /^<details type="reasoning"[^>]{0,200}>/,
    close: '</details>',
  },
];
const LONGEST_OPENING = 256;

/**
 * A splitter for one answer. `<think>` and `<details type="reasoning">` count only at the very start
 * (white space may precede); the tags and the white space around them are dropped. Reasoning that is
 * never closed stays reasoning. Anywhere else in the answer a tag is text.
 */
export function createThinkSplitter(): ThinkSplitter {
  let state: 'start' | 'opened' | 'reasoning' | 'closed' | 'text' = 'start';
  let held = '';
  let close = '';

  const step = (): readonly SplitText[] => {
    if (state === 'start') return begin();
    // White space behind a tag belongs to it, however it is cut.
    if (state === 'opened' || state === 'closed') {
      held = held.trimStart();
      if (held === '') return [];
      state = state === 'opened' ? 'reasoning' : 'text';
    }
    return state === 'reasoning' ? think() : give('text', held.length);
  };

  const give = (kind: SplitText['kind'], length: number): readonly SplitText[] => {
    const text = held.slice(0, length);
    held = held.slice(length);
    return text === '' ? [] : [{ kind, text }];
  };

  const begin = (): readonly SplitText[] => {
    const start = held.trimStart();
    for (const tag of TAGS) {
      const match = tag.opened.exec(start);
      if (match) {
        ({ close } = tag);
        state = 'opened';
        held = start.slice(match[0].length);
        return step();
      }
    }
    if (start.length < LONGEST_OPENING && TAGS.some(({ open }) => mayOpen(start, open))) return [];
    state = 'text';
    return give('text', held.length);
  };

  const think = (): readonly SplitText[] => {
    const end = held.indexOf(close);
    if (end === -1) return give('reasoning', held.length - lengthOfBeginning(held, close));
    const reasoning = give('reasoning', end);
    held = held.slice(close.length);
    state = 'closed';
    return [...reasoning, ...step()];
  };

  return {
    push(text) {
      held += text;
      return step();
    },
    flush() {
      const kind = state === 'reasoning' ? 'reasoning' : 'text';
      return give(kind, held.length);
    },
  };
}

const mayOpen = (start: string, open: string): boolean =>
  open.startsWith(start) || start.startsWith(open);

/** How many characters at the end of `text` may be the beginning of `tag`. */
function lengthOfBeginning(text: string, tag: string): number {
  for (let length = Math.min(tag.length - 1, text.length); length > 0; length -= 1) {
    if (text.endsWith(tag.slice(0, length))) return length;
  }
  return 0;
}
