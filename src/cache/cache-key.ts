import type { ChatQuestion } from '#domain/stream.ts';
import { signText } from '#vault/hmac.ts';
import { canonicalJson } from './canonical-json.ts';

/** Version of what the key is made of and of what an entry holds: with another one nothing is found. */
const CACHE_SCHEMA_VERSION = 1;

/** What a cached answer is found by. Both are 64 hexadecimal digits. */
export interface CacheKeys {
  readonly cacheKey: string;
  /** Of the messages alone: equal for one prompt asked of different models. */
  readonly promptHash: string;
}

/**
 * The keys of a question: HMAC-SHA-256 over everything that changes its answer. A plain digest of a
 * prompt could be guessed from a list of prompts, and would confuse models and parameters (SECURITY
 * 3.4). Whether the answer streams is no part of it, and neither is the API key.
 */
export async function createCacheKeys(
  hmacKey: CryptoKey,
  question: ChatQuestion,
): Promise<CacheKeys> {
  const { endpoint, chatModel, messages, temperature, maxTokens } = question;
  const prompt = messages.map(({ role, content }) => ({ role, content }));
  const all = {
    schemaVersion: CACHE_SCHEMA_VERSION,
    endpointId: endpoint.id,
    baseUrl: endpoint.baseUrl,
    chatModel,
    messages: prompt,
    temperature,
    maxTokens,
  };
  const [cacheKey, promptHash] = await Promise.all([
    signText(hmacKey, canonicalJson(all)),
    signText(hmacKey, canonicalJson(prompt)),
  ]);
  return { cacheKey, promptHash };
}
