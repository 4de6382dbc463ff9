import { OnggiError } from '#domain/errors.ts';

/**
 * What a failed read of bytes means: `file/unreadable` when the browser could not get at the file (it
 * was moved or changed since it was chosen), else `file/damaged`. An OnggiError passes unchanged.
 */
export function toFileError(cause: unknown): OnggiError {
  if (cause instanceof OnggiError) return cause;
  const isGone =
    cause instanceof Error &&
    ['NotReadableError', 'NotFoundError', 'NotAllowedError', 'SecurityError'].includes(cause.name);
  return isGone
    ? new OnggiError('file/unreadable', 'the browser cannot read the file', { cause })
    : new OnggiError('file/damaged', 'the bytes are damaged', { cause });
}
