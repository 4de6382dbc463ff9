import type { OpenAI } from 'openai';
import type { OnggiError } from '#domain/errors.ts';
import type { ChatRequest, PromptMessage } from '#domain/stream.ts';
import { refusalOf } from './errors.ts';

/** What of a request this endpoint and model take. Servers refuse what they do not know. */
export interface Dialect {
  readonly hasStreamOptions: boolean;
  readonly maxTokensField: 'max_tokens' | 'max_completion_tokens';
  readonly hasTemperature: boolean;
}

/** What is tried first. */
export function initialDialect(request: ChatRequest): Dialect {
  return {
    hasStreamOptions: !request.endpoint.refusesStreamOptions,
    maxTokensField: 'max_tokens',
    hasTemperature: true,
  };
}

/**
 * The dialect to ask again with after a refusal that names a field; undefined when the refusal is
 * about something else or the field is already as it wants. A temperature out of range is not such
 * a refusal: leaving it out would hide from the person that it was wrong.
 */
export function nextDialect(dialect: Dialect, error: OnggiError): Dialect | undefined {
  const refusal = refusalOf(error);
  if (!refusal || (refusal.status !== 400 && refusal.status !== 422)) return undefined;
  const { said } = refusal;
  if (dialect.hasStreamOptions && said.includes('stream_options')) {
    return { ...dialect, hasStreamOptions: false };
  }
  const namesBoth = said.includes('max_tokens') && said.includes('max_completion_tokens');
  if (dialect.maxTokensField === 'max_tokens' && namesBoth) {
    return { ...dialect, maxTokensField: 'max_completion_tokens' };
  }
  const isUnsupported =
    /unsupported|not support|deprecated|default|unknown|unrecognized|not (permitted|allowed)|extra/;
  if (dialect.hasTemperature && said.includes('temperature') && isUnsupported.test(said)) {
    return { ...dialect, hasTemperature: false };
  }
  return undefined;
}

/** The body without what says whether it streams. */
export function toChatBody(
  request: ChatRequest,
  dialect: Dialect,
): Omit<OpenAI.ChatCompletionCreateParamsNonStreaming, 'stream'> {
  return {
    model: request.chatModel,
    messages: request.messages.map(toSdkMessage),
    [dialect.maxTokensField]: request.maxTokens,
    ...(dialect.hasTemperature ? { temperature: request.temperature } : {}),
  };
}

/** Results of tools, which only imports have, go as the person's words: their call ids are not kept. */
function toSdkMessage({ role, content }: PromptMessage): OpenAI.ChatCompletionMessageParam {
  if (role === 'system' || role === 'assistant') return { role, content };
  return { role: 'user', content };
}
