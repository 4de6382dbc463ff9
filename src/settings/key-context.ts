import type { EndpointId } from '#domain/ids.ts';
import type { SealedValueContext } from '#domain/secret.ts';

/** What the key of an endpoint is bound to. */
export function contextOf(endpointId: EndpointId, origin: string): SealedValueContext {
  return { table: 'secrets', recordId: endpointId, field: 'apiKey', origin };
}
