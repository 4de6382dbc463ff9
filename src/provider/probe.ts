import { isLocalUrl } from '#domain/endpoint.ts';
import type { ProviderDeps } from './limits.ts';

/** Why a page gets no answer from an address. */
export type SilenceCause = 'permission-denied' | 'cors-refused' | 'server-off';

/**
 * Tells why an address gives this page nothing. It is asked once more without a key and in a mode in
 * which the answer cannot be read: if that works, something is there and only refuses the page. For an
 * address of this computer the browser may say that it keeps the page from it: then that is the cause.
 */
export async function findSilenceCause(
  { fetch }: Pick<ProviderDeps, 'fetch'>,
  baseUrl: string,
  signal: AbortSignal,
): Promise<SilenceCause> {
  if (isLocalUrl(baseUrl) && (await isLocalNetworkDenied())) return 'permission-denied';
  try {
    await fetch(`${baseUrl}/models`, {
      mode: 'no-cors',
      credentials: 'omit',
      referrerPolicy: 'no-referrer',
      cache: 'no-store',
      signal,
    });
    return 'cors-refused';
  } catch {
    return 'server-off';
  }
}

/**
 * Whether the browser denies this page the local network (Chrome 142+, Local Network Access). False
 * where it does not know the permission or there are no permissions at all.
 */
async function isLocalNetworkDenied(): Promise<boolean> {
  try {
    const { permissions } = navigator as { readonly permissions?: Permissions };
    // TypeScript's list of names does not have it yet.
    const name = 'local-network-access' as PermissionName;
    return (await permissions?.query({ name }))?.state === 'denied';
  } catch {
    return false;
  }
}
