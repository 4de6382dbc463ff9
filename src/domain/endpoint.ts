import { OnggiError } from './errors.ts';
import type { EndpointId } from './ids.ts';
import type { PresetId } from './endpoint-presets.ts';

/** A chat model as its endpoint lists it. */
export interface ChatModel {
  readonly id: string;
  /** Typed by the person: stays when the endpoint's list comes again without it. */
  readonly isTyped?: true;
}

/** One configured OpenAI-compatible address. Its key, if it has one, is a row of `secrets`. */
export interface Endpoint {
  readonly id: EndpointId;
  readonly presetId: PresetId;
  /** What the person calls it. */
  readonly name: string;
  /** Normalised: no trailing slash, no query, no fragment. */
  readonly baseUrl: string;
  /** The last list its `/models` gave, plus names the person typed. */
  readonly chatModels: readonly ChatModel[];
  /** Epoch milliseconds of that list; null when it never gave one. */
  readonly chatModelsAt: number | null;
  /** True after it refused `stream_options`: it is then asked without. */
  readonly refusesStreamOptions: boolean;
  /** True when earlier reasoning is sent back with the prompt. */
  readonly sendsReasoning: boolean;
  /** How long the first byte of an answer may take, in milliseconds: a local model may load first. */
  readonly firstByteTimeoutMs: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** A fresh list with the names a person typed before it. */
export function withTypedModels(
  fresh: readonly ChatModel[],
  known: readonly ChatModel[],
): readonly ChatModel[] {
  const listed = new Set(fresh.map(({ id }) => id));
  return [...fresh, ...known.filter(({ id, isTyped }) => isTyped && !listed.has(id))];
}

/** First-byte limit of a new endpoint. */
export const DEFAULT_FIRST_BYTE_TIMEOUT_MS = 180_000;

type NewEndpoint = Pick<Endpoint, 'id' | 'presetId' | 'name' | 'baseUrl' | 'createdAt'> &
  Partial<Endpoint>;

/** A whole row from the fields that matter, nothing of it learnt yet. */
export function createEndpoint(fields: NewEndpoint): Endpoint {
  return {
    chatModels: [],
    chatModelsAt: null,
    refusesStreamOptions: false,
    sendsReasoning: false,
    firstByteTimeoutMs: DEFAULT_FIRST_BYTE_TIMEOUT_MS,
    updatedAt: fields.createdAt,
    ...fields,
  };
}

const LOCAL_HOSTS = new Set(['localhost', '127.0.0.1']);

/** Whether an address points at this computer. */
export function isLocalUrl(url: string): boolean {
  try {
    return LOCAL_HOSTS.has(new URL(url).hostname);
  } catch {
    return false;
  }
}

/**
 * The origin an API key is bound to.
 * @param baseUrl A normalised address.
 */
export function endpointOrigin(baseUrl: string): string {
  return new URL(baseUrl).origin;
}

/**
 * Reads a typed base URL: `https`, or `http` on this computer only.
 * A trailing slash, a query, a fragment and an appended `/chat/completions` or `/models` are cut off.
 * @throws OnggiError `endpoint/address-empty`, `endpoint/address-no-scheme` (with what it would be
 * with one as detail), `endpoint/address-insecure`, `endpoint/address-invalid` (also for a user name
 * or password inside the address).
 */
export function parseBaseUrl(typed: string): string {
  const text = typed.trim();
  if (text === '') throw new OnggiError('endpoint/address-empty', 'empty base URL');
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new OnggiError('endpoint/address-no-scheme', 'base URL without scheme', {
      detail: suggestScheme(text),
    });
  }
  const url = URL.parse(text);
  if (url?.username !== '' || url.password !== '' || url.hostname === '') {
    throw new OnggiError('endpoint/address-invalid', 'unreadable base URL');
  }
  const isLocal = LOCAL_HOSTS.has(url.hostname);
  if (url.protocol === 'http:' && !isLocal) {
    throw new OnggiError('endpoint/address-insecure', 'http outside this computer');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new OnggiError('endpoint/address-invalid', 'neither http nor https');
  }
  const path = url.pathname.replace(/\/(chat\/completions|models)\/?$/, '').replace(/\/+$/, '');
  return url.origin + path;
}

function suggestScheme(text: string): string {
  const isLocal = LOCAL_HOSTS.has(text.split(/[:/]/)[0] ?? '');
  return `${isLocal ? 'http' : 'https'}://${text}`;
}

/**
 * Reads a pasted API key: surrounding space, quotes and a leading `Bearer ` are cut off.
 * @returns undefined when nothing was typed.
 * @throws OnggiError `endpoint/key-malformed` when it holds a character no header can carry.
 */
export function parseApiKey(typed: string): string | undefined {
  const apiKey = typed
    .trim()
    .replace(/^bearer\s+/i, '')
    .replace(/^["']|["']$/g, '')
    .trim();
  if (apiKey === '') return undefined;
  if (!/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new OnggiError('endpoint/key-malformed', 'key with space or non-ASCII characters');
  }
  return apiKey;
}
