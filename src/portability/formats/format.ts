import type { ImportSource, ReadItem } from '#domain/imported.ts';

/** What is known of a file before it is read: enough to tell its format by structure. */
export interface JsonSample {
  /** Base name, lower case. A hint at most: several products say `conversations.json`. */
  readonly name: string;
  /** JSON lines: `first` is the first line that is a value, `second` the next. */
  readonly isLines: boolean;
  /** The top level is an array (or lines): `first` is then its first element that is not null. */
  readonly isArray: boolean;
  /**
   * The first element, or the top-level object. Arrays that are members of a top-level object hold
   * their first three elements only; every other value is whole.
   */
  readonly first: unknown;
  readonly second: unknown;
}

/** What a reader may know beside the value it reads. */
export interface ReadContext {
  /** Path in the archive, or the file's own name. */
  readonly fileName: string;
  /** Epoch milliseconds of the file's last change; what is taken where nothing inside has a date. */
  readonly fileDate: number;
  /**
   * Parsed {@link JsonFormat.companions} and {@link JsonFormat.alsoReads} of the same archive, by base
   * name in lower case.
   */
  readonly companions: ReadonlyMap<string, unknown>;
}

/** A format whose files are JSON or JSON lines. */
export interface JsonFormat {
  readonly kind: 'json';
  /** Unique, kebab-case: the file's name in this folder, with a suffix where it reads several shapes. */
  readonly id: string;
  readonly source: ImportSource;
  /** Other files of its source were seen, none of this shape. See `FROM_DOCUMENTATION` in the domain. */
  readonly isFromDocumentation?: true;
  matches(sample: JsonSample): boolean;
  /**
   * `elements`: `read` gets one element of the top-level array (or line) after another, or of the
   * arrays of a top-level object that `elementKeys` names, or a top-level object without any of
   * them whole. `whole`: `read` gets the parsed file at once (lines as an array).
   */
  readonly unit: 'elements' | 'whole';
  readonly elementKeys?: readonly string[];
  /** Base names (lower case, whole) of small JSON files in the same archive that `read` wants to see. */
  readonly companions?: readonly RegExp[];
  /** Companions that are files of another format too: they are read for themselves all the same. */
  readonly alsoReads?: readonly RegExp[];
  /** They say whose the file is: those of another folder would be another account's. */
  readonly hasNearCompanions?: true;
  /** Base names of files in the same archive that are known to hold nothing to import. */
  readonly ignored?: readonly RegExp[];
  /** Never throws for bad data: what cannot be read is yielded as skipped. */
  read(value: unknown, context: ReadContext): Iterable<ReadItem>;
}

/** A format whose files are text: Markdown, HTML. */
export interface TextFormat {
  readonly kind: 'text';
  readonly id: string;
  readonly source: ImportSource;
  /** @param head The first 64 KiB. */
  matches(head: string, name: string): boolean;
  read(text: string, context: ReadContext): Iterable<ReadItem>;
}

export type ImportFormat = JsonFormat | TextFormat;
