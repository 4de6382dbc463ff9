import type { StreamChat } from '#domain/stream.ts';
import type { RequestEmbeddings } from './request-embeddings.ts';
import type { FindLocalEndpoints } from './find-local-endpoints.ts';
import type { ProviderDeps } from './limits.ts';
import type { ListChatModels } from './list-models.ts';
import type { TestConnection } from './test-connection.ts';

/** Everything that is asked of endpoints. */
export interface Provider {
  readonly streamChat: StreamChat;
  readonly listChatModels: ListChatModels;
  readonly testConnection: TestConnection;
  readonly findLocalEndpoints: FindLocalEndpoints;
  readonly requestEmbeddings: RequestEmbeddings;
}

/**
 * Talks to endpoints. The code that does, the SDK with it, is fetched when it is first used: a page
 * that only reads never loads it.
 */
export function createProvider(deps: ProviderDeps): Provider {
  let streamChat: Promise<StreamChat> | undefined;

  async function loadStreamChat(): Promise<StreamChat> {
    const { createStreamChat } = await import('./stream-chat.ts');
    return createStreamChat(deps);
  }

  return {
    // One maker for the whole visit: it remembers what each endpoint refused.
    async *streamChat(request, signal) {
      streamChat ??= loadStreamChat().catch((error: unknown) => {
        // What could not be fetched is fetched again next time.
        streamChat = undefined;
        throw error;
      });
      yield* (await streamChat)(request, signal);
    },
    async listChatModels(endpoint, apiKey, signal) {
      const { createListChatModels } = await import('./list-models.ts');
      return createListChatModels(deps)(endpoint, apiKey, signal);
    },
    async testConnection(question, signal) {
      const { createTestConnection } = await import('./test-connection.ts');
      return createTestConnection(deps)(question, signal);
    },
    async findLocalEndpoints(signal) {
      const { createFindLocalEndpoints } = await import('./find-local-endpoints.ts');
      return createFindLocalEndpoints(deps)(signal);
    },
    async requestEmbeddings(request, signal) {
      const { createRequestEmbeddings } = await import('./request-embeddings.ts');
      return createRequestEmbeddings(deps)(request, signal);
    },
  };
}
