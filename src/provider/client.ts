import type { OpenAI } from 'openai';
import { getPreset } from '#domain/endpoint-presets.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { createGuardedFetch } from './guarded-fetch.ts';
import type { Guard } from './guarded-fetch.ts';
import type { ProviderDeps } from './limits.ts';

/*
 * provider/, from the top:
 *
 *   stream-chat  test-connection  find-local-endpoints      what the floors above call
 *   list-models                                             (functions of domain types)
 *   client                                                  the SDK, loaded on first use
 *   guarded-fetch → watchdog, guarded-body → sse-events      bytes and time, before the SDK
 *   parse-chunk, think-splitter, errors, read               what came, after the SDK
 */

/** The SDK sends these by default; strict servers refuse the preflight for them (CHAT section 2). */
const UNWANTED_HEADERS = [
  'x-stainless-arch',
  'x-stainless-lang',
  'x-stainless-os',
  'x-stainless-package-version',
  'x-stainless-retry-count',
  'x-stainless-runtime',
  'x-stainless-runtime-version',
  'x-stainless-timeout',
  'x-stainless-helper-method',
  'x-stainless-poll-helper',
  'x-stainless-custom-poll-interval',
  'openai-organization',
  'openai-project',
  'user-agent',
];

/** The SDK's own timer must never fire: the watchdog decides. Its longest value is 2³¹ − 1. */
const NEVER_MS = 24 * 60 * 60 * 1000;

/** Whom to ask and how. */
export interface ClientOptions extends Guard {
  readonly endpoint: Pick<Endpoint, 'baseUrl' | 'presetId'>;
  /** Without one no Authorization header is sent. */
  readonly apiKey: string | undefined;
}

/**
 * An SDK client for one request: no retries, no headers but the usual ones and the preset's, and
 * the guarded fetch. The SDK is loaded on the first call of the page (36 KB gzip).
 */
export async function createClient(deps: ProviderDeps, options: ClientOptions): Promise<OpenAI> {
  const { OpenAI: Client } = await import('openai');
  const { endpoint, apiKey } = options;
  return new Client({
    baseURL: endpoint.baseUrl,
    // The constructor insists on a key; without one the header is taken away again below.
    apiKey: apiKey ?? 'none',
    adminAPIKey: null,
    organization: null,
    project: null,
    webhookSecret: null,
    dangerouslyAllowBrowser: true,
    maxRetries: 0,
    timeout: NEVER_MS,
    // At its default level it writes what it cannot parse into the console.
    logLevel: 'off',
    defaultHeaders: {
      ...Object.fromEntries(UNWANTED_HEADERS.map((name) => [name, null])),
      ...(apiKey === undefined ? { authorization: null } : {}),
      ...getPreset(endpoint.presetId).headers,
    },
    fetch: createGuardedFetch(deps, options),
  });
}
