import type { ChatModel } from './endpoint.ts';
import type { PresetId } from './endpoint-presets.ts';
import type { ErrorCode } from './errors.ts';

/**
 * What a failed test points to, as far as a page can tell. `cors-refused`: something answers there
 * but not to this page; `server-off`: nothing answers; `permission-denied`: the browser does not let
 * this page reach this computer; `refused`: the endpoint understood and said no.
 */
export type ConnectionCause =
  | 'wrong-key'
  | 'missing-key'
  | 'wrong-model'
  | 'wrong-address'
  | 'server-off'
  | 'cors-refused'
  | 'permission-denied'
  | 'offline'
  | 'refused'
  | 'unknown';

/** What "Test connection" found out. */
export type ConnectionReport =
  | {
      readonly kind: 'ok';
      /** Empty when the endpoint has no list: the name is then typed. */
      readonly chatModels: readonly ChatModel[];
      /** Whether the chat model was asked and answered, and not only the list read. */
      readonly answered: boolean;
    }
  | {
      readonly kind: 'failed';
      readonly code: ErrorCode;
      readonly cause: ConnectionCause;
      /** What the endpoint said, plain text of at most 200 characters. */
      readonly detail: string | null;
      /** The list, where that much worked. */
      readonly chatModels: readonly ChatModel[];
      /** The same address with `/v1` behind it, where something that has models answers there. */
      readonly betterBaseUrl?: string;
    };

/** A usual local address and what was found there. */
export type LocalEndpoint = {
  readonly presetId: PresetId;
  readonly baseUrl: string;
} & (
  | { readonly state: 'found'; readonly chatModels: readonly ChatModel[] }
  /** Something answers there, but not to this page: it may be another program. */
  | { readonly state: 'cors-refused' }
  | { readonly state: 'absent' }
);
