/**
 * How one field of a row is written into a file and read back (FORMATS 3). A list of fields is an
 * allow-list in both directions: what it does not name neither leaves nor enters.
 */
import { isFileObject } from './file-object.ts';
import type { FileObject } from './file-object.ts';
import { readInstant, toIsoInstant } from './instants.ts';

/** Says that a value of a file is not of the field's kind. */
export const UNREADABLE = Symbol('unreadable');

/** Writes a value of a row as JSON, and reads it back or gives {@link UNREADABLE}. */
export interface FieldKind {
  write(value: unknown): unknown;
  read(value: unknown): unknown;
}

export interface Field {
  /** snake_case, in the file. */
  readonly name: string;
  /** camelCase, in the row. */
  readonly key: string;
  readonly kind: FieldKind;
  /** Without it, or with a wrong type, there is no row. Others take the row's resting value. */
  readonly isRequired: boolean;
}

export const required = (name: string, key: string, kind: FieldKind): Field => ({
  name,
  key,
  kind,
  isRequired: true,
});
export const optional = (name: string, key: string, kind: FieldKind): Field => ({
  name,
  key,
  kind,
  isRequired: false,
});

/** Longest text of one field, in characters (SECURITY section 6). */
export const MAX_FIELD_CHARACTERS = 10_000_000;

const same = (value: unknown): unknown => value;

function kindOf(isReadable: (value: unknown) => boolean): FieldKind {
  return { write: same, read: (value) => (isReadable(value) ? value : UNREADABLE) };
}

const isText = (value: unknown): value is string =>
  typeof value === 'string' && value.length <= MAX_FIELD_CHARACTERS;

export const TEXT = kindOf(isText);
/** Longest id. */
export const MAX_NAME_CHARACTERS = 1000;
/** An id or another name that must not be empty. */
export const NAME = kindOf(
  (value) => isText(value) && value !== '' && value.length <= MAX_NAME_CHARACTERS,
);
const isSound = (value: unknown): value is number =>
  typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;
/** A number that is not larger than any that is counted exactly: sums of very many stay finite. */
export const REAL = kindOf(isSound);
/** A whole number. */
export const INTEGER = kindOf((value) => Number.isSafeInteger(value));

/** One of a closed list of texts. */
export function oneOf(values: readonly (string | number)[]): FieldKind {
  return kindOf((value) => values.some((known) => known === value));
}

/** True or false; SQLite's 1 and 0 are read too. */
export const BOOLEAN: FieldKind = {
  write: same,
  read: (value) => {
    if (typeof value === 'boolean') return value;
    return value === 0 || value === 1 ? value === 1 : UNREADABLE;
  },
};

/** 1 or 0 in the row, a boolean in the file. */
export const FLAG: FieldKind = {
  write: (value) => value === 1,
  read: (value) => {
    const read = BOOLEAN.read(value);
    return typeof read === 'boolean' ? Number(read) : UNREADABLE;
  },
};

/** Epoch milliseconds in the row, ISO 8601 in the file. */
export const INSTANT: FieldKind = {
  write: (value) => (typeof value === 'number' ? toIsoInstant(value) : value),
  read: (value) => readInstant(value)?.at ?? UNREADABLE,
};

/** Milliseconds in the row, seconds in the file (specification 2.2). Exact to a microsecond. */
export const SECONDS: FieldKind = {
  write: (value) => (typeof value === 'number' ? value / 1000 : value),
  read: (value) =>
    isSound(value) && isSound(value * 1e3) ? Math.round(value * 1e6) / 1e3 : UNREADABLE,
};

/** A plain object; the specification's SQL rows hold it as JSON text, and both are read. */
export const OBJECT: FieldKind = {
  write: same,
  read: (value) => {
    const parsed = typeof value === 'string' ? parse(value) : value;
    return isFileObject(parsed) ? parsed : UNREADABLE;
  },
};

/** A list; JSON text of one is read too. */
export const LIST: FieldKind = {
  write: same,
  read: (value) => {
    const parsed = typeof value === 'string' ? parse(value) : value;
    return Array.isArray(parsed) ? parsed : UNREADABLE;
  },
};

/** A list of texts; other elements are left out. */
export const TEXTS: FieldKind = {
  write: same,
  read: (value) => {
    const list = LIST.read(value);
    return Array.isArray(list) ? list.filter(isText) : UNREADABLE;
  },
};

/** The same kind, or null. */
export function nullable(kind: FieldKind): FieldKind {
  return {
    write: (value) => (value === null || value === undefined ? null : kind.write(value)),
    read: (value) => (value === null ? null : kind.read(value)),
  };
}

/** The field in the file is JSON text: for the specification's SQL columns of type JSON. */
export function asJsonText(kind: FieldKind): FieldKind {
  return { write: (value) => JSON.stringify(kind.write(value)), read: (value) => kind.read(value) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return UNREADABLE;
  }
}

/** The object of a file for a row: exactly the named fields, in their order. */
export function writeFields(fields: readonly Field[], row: object): Record<string, unknown> {
  const values = row as Record<string, unknown>;
  const written: Record<string, unknown> = {};
  for (const { name, key, kind } of fields) {
    const value = values[key];
    if (value !== undefined) written[name] = kind.write(value);
  }
  return written;
}

export interface ReadFields {
  /** camelCase values of the fields that were there and readable. */
  readonly values: Record<string, unknown>;
  /** Names of fields that were there with a wrong type and were left out. */
  readonly ignored: readonly string[];
  /** A required field is missing or unreadable: there is no row. */
  readonly isComplete: boolean;
}

/**
 * Reads the named fields of an object; keys that no field names are passed over.
 * @param values Where they are put: one object for two lists is a good deal faster than joining two.
 */
export function readFields(
  fields: readonly Field[],
  object: FileObject,
  values: Record<string, unknown> = {},
): ReadFields {
  const ignored: string[] = [];
  let isComplete = true;
  for (const { name, key, kind, isRequired } of fields) {
    const value = Object.hasOwn(object, name) ? object[name] : undefined;
    const read = value === undefined ? UNREADABLE : kind.read(value);
    if (read !== UNREADABLE) values[key] = read;
    else if (isRequired) isComplete = false;
    else if (value !== undefined && value !== null) ignored.push(name);
  }
  return { values, ignored, isComplete };
}
