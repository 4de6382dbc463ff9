import { toOnggiError } from '#domain/errors.ts';
import type { ErrorCode } from '#domain/errors.ts';

/** After these nothing more can be stored: the import ends with what it has. */
const FATAL: readonly ErrorCode[] = [
  'db/quota',
  'db/no-space',
  'db/closed',
  'db/lost',
  'db/hang',
  'db/unavailable',
];

/** Whether what happened to one conversation would happen to all that follow. */
export function endsStoring(error: unknown): boolean {
  return FATAL.includes(toOnggiError(error).code);
}
