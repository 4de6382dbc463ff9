import {
  INSTANT,
  INTEGER,
  NAME,
  OBJECT,
  TEXT,
  nullable,
  optional,
  required,
} from './file-fields.ts';
import type { Field } from './file-fields.ts';

/** A document of the library as files hold it: in a backup and in an archive alike, with its text. */
export const DOCUMENT_FIELDS: readonly Field[] = [
  required('document_id', 'id', NAME),
  required('name', 'name', TEXT),
  optional('media_type', 'mediaType', TEXT),
  optional('size_bytes', 'sizeBytes', INTEGER),
  required('created_at', 'createdAt', INSTANT),
  optional('updated_at', 'updatedAt', INSTANT),
  optional('metadata', 'metadata', OBJECT),
  optional('text', 'text', nullable(TEXT)),
];
