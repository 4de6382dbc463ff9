/** Bytes of a file as text, if they are text. */
import { OnggiError } from '#domain/errors.ts';

/** So much of a file shows what it is. */
const HEAD_BYTES = 4096;

/** How files begin that are no text, or whose text is not what a person wrote. */
const SIGNATURES = [
  '%PDF-',
  'PK\x03\x04',
  'PK\x05\x06',
  '{\\rtf',
  '\xd0\xcf\x11\xe0',
  '\x89PNG',
  '\xff\xd8\xff',
  'GIF87a',
  'GIF89a',
  '\x1f\x8b',
  '7z\xbc\xaf',
  'Rar!\x1a',
  'SQLite format 3\0',
];

/** Of so many characters one may be a control character: escape sequences of a log are text all the same. */
const CONTROL_SHARE = 1 / 50;
// eslint-disable-next-line no-control-regex -- these are what is looked for
const CONTROLS = /[\0-\x08\x0e-\x1a\x1c-\x1f]/g;

export interface TextDecoding {
  /** Takes the next bytes. @throws OnggiError `library/*` */
  add(bytes: Uint8Array): void;
  /** All of the text, lines ended by `\n`. @throws OnggiError `library/*` */
  end(): string;
}

/**
 * Decodes UTF-8, and UTF-16 with a byte order mark or where every other byte is zero. What is neither is
 * refused, never guessed: a wrong guess is a document that nobody can search.
 * @param head The first bytes of the file, 4,096 if there are so many. @throws OnggiError `library/*`
 */
export function decodeDocument(head: Uint8Array): TextDecoding {
  const encoding = encodingOf(head.subarray(0, HEAD_BYTES));
  const decoder = new TextDecoder(encoding, { fatal: true });
  const texts: string[] = [];
  let [length, controlCount] = [0, 0];

  function take(text: string): void {
    length += text.length;
    controlCount += text.match(CONTROLS)?.length ?? 0;
    if (text.includes('\0')) throw notText();
    texts.push(text);
  }

  function decode(bytes?: Uint8Array): string {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch (cause) {
      throw new OnggiError('library/unknown-encoding', `bytes that are no ${encoding}`, { cause });
    }
  }

  return {
    add: (bytes) => take(decode(bytes)),
    end() {
      take(decode());
      if (controlCount > length * CONTROL_SHARE) throw notText();
      return texts.join('').replace(/\r\n?/g, '\n');
    },
  };
}

const notText = (): OnggiError => new OnggiError('library/not-text', 'the file is no text');

function encodingOf(head: Uint8Array): 'utf-8' | 'utf-16le' | 'utf-16be' {
  const [first = 0, second = 0] = head;
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  const start = String.fromCharCode(...head.subarray(0, 16));
  if (SIGNATURES.some((signature) => start.startsWith(signature))) throw notText();
  const zeros = [0, 0];
  head.forEach((byte, at) => {
    if (byte === 0) zeros[at % 2] = (zeros[at % 2] ?? 0) + 1;
  });
  const [even = 0, odd = 0] = zeros;
  // Latin text in UTF-16 without a mark: the upper byte of nearly every character is zero.
  if (odd > head.length / 4 && even === 0) return 'utf-16le';
  if (even > head.length / 4 && odd === 0) return 'utf-16be';
  if (even + odd > 0) throw notText();
  return 'utf-8';
}
