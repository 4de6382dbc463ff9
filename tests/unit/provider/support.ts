import { DEFAULT_FIRST_BYTE_TIMEOUT_MS } from '#domain/endpoint.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { OnggiError } from '#domain/errors.ts';
import { toEndpointId } from '#domain/ids.ts';
import type { ChatDelta, ChatRequest } from '#domain/stream.ts';
import type { ProviderDeps } from '#provider/limits.ts';

/** Present time of every test. */
export const NOW = 1_700_000_000_000;
export const API_KEY = 'test-key';

export function createTestEndpoint(baseUrl: string, changes: Partial<Endpoint> = {}): Endpoint {
  return {
    id: toEndpointId('endpoint-1'),
    presetId: 'custom',
    name: 'Test',
    baseUrl,
    chatModels: [],
    chatModelsAt: null,
    refusesStreamOptions: false,
    sendsReasoning: false,
    firstByteTimeoutMs: DEFAULT_FIRST_BYTE_TIMEOUT_MS,
    createdAt: NOW,
    updatedAt: NOW,
    ...changes,
  };
}

export function createRequest(
  endpoint: Endpoint,
  chatModel: string,
  changes: Partial<ChatRequest> = {},
): ChatRequest {
  return {
    endpoint,
    apiKey: API_KEY,
    chatModel,
    messages: [{ role: 'user', content: '안녕' }],
    temperature: 0.7,
    maxTokens: 2000,
    isStreaming: true,
    ...changes,
  };
}

/** Deps with a still clock and pauses that end at once and are written down. */
export function createTestDeps(
  changes: Partial<ProviderDeps> = {},
): ProviderDeps & { readonly pauses: number[] } {
  const pauses: number[] = [];
  return {
    fetch: globalThis.fetch,
    clock: () => NOW,
    sleep: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
    isOnline: () => true,
    pauses,
    ...changes,
  };
}

export interface Collected {
  readonly deltas: readonly ChatDelta[];
  readonly text: string;
  readonly reasoning: string;
  readonly error: OnggiError | undefined;
}

/** Everything an answer gave, and how it failed. Errors that are not ours fail the test. */
export async function collect(stream: AsyncIterable<ChatDelta>): Promise<Collected> {
  const deltas: ChatDelta[] = [];
  let error: OnggiError | undefined;
  try {
    for await (const delta of stream) deltas.push(delta);
  } catch (thrown) {
    if (!(thrown instanceof OnggiError)) throw thrown;
    error = thrown;
  }
  return { deltas, text: join(deltas, 'text'), reasoning: join(deltas, 'reasoning'), error };
}

function join(deltas: readonly ChatDelta[], kind: 'text' | 'reasoning'): string {
  return deltas.map((delta) => (delta.kind === kind ? delta.text : '')).join('');
}

export const finishOf = ({ deltas }: Collected): string | undefined =>
  deltas.find((delta) => delta.kind === 'finish')?.reason;

/** The error a promise rejects with, which must be ours. */
export async function rejection(promise: Promise<unknown>): Promise<OnggiError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof OnggiError) return error;
    throw error;
  }
  throw new Error('did not reject');
}

/** A request as a fake endpoint saw it. */
export interface SeenRequest {
  readonly url: string;
  readonly init: RequestInit;
  readonly headers: Headers;
  readonly body: unknown;
}

/** A fetch that answers by `answer` and writes down what it was asked. */
export function createFakeFetch(answer: (seen: SeenRequest) => Response | Promise<Response>): {
  readonly fetch: typeof globalThis.fetch;
  readonly seen: readonly SeenRequest[];
} {
  const seen: SeenRequest[] = [];
  return {
    seen,
    fetch: async (input, init = {}) => {
      const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : undefined;
      const url = input instanceof Request ? input.url : String(input);
      const request = { url, init, headers: new Headers(init.headers), body };
      seen.push(request);
      return answer(request);
    },
  };
}

/** An answer of the given chunks as server-sent events. */
export function sse(chunks: readonly unknown[], end = 'data: [DONE]\n\n'): Response {
  const text = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`).join('') + end;
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } });
}

export const jsonResponse = (value: unknown, status = 200): Response =>
  new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json' },
  });

export const textChunk = (content: string, finish: string | null = null): unknown => ({
  choices: [{ index: 0, delta: { content }, finish_reason: finish }],
});
