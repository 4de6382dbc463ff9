import { looksLikeChatModel } from './chat-models.ts';

/** What onggi knows of a kind of endpoint before it was ever asked. CHAT section 3 has the sources. */
export interface EndpointPreset {
  readonly id: PresetId;
  readonly name: string;
  /** Empty for `custom`. */
  readonly baseUrl: string;
  readonly isLocal: boolean;
  readonly needsKey: boolean;
  /** How its keys begin; used to recognise a pasted key. Longest match wins. */
  readonly keyPrefix: string | null;
  /** Page where a person makes a key. */
  readonly keyPage: string | null;
  /** Headers its servers want from a browser. */
  readonly headers: Readonly<Record<string, string>>;
  /** Parts of model names to prefer for the first conversation, best first. */
  readonly preferredModels: readonly string[];
}

export const PRESET_IDS = [
  'openai',
  'openrouter',
  'anthropic',
  'gemini',
  'mistral',
  'deepseek',
  'groq',
  'xai',
  'ollama',
  'lm-studio',
  'llama-cpp',
  'vllm',
  'custom',
] as const;
export type PresetId = (typeof PRESET_IDS)[number];

function hosted(
  id: PresetId,
  name: string,
  baseUrl: string,
  keyPrefix: string | null,
  keyPage: string,
  preferredModels: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): EndpointPreset {
  return {
    id,
    name,
    baseUrl,
    isLocal: false,
    needsKey: true,
    keyPrefix,
    keyPage,
    headers,
    preferredModels,
  };
}

function local(id: PresetId, name: string, baseUrl: string): EndpointPreset {
  return {
    id,
    name,
    baseUrl,
    isLocal: true,
    needsKey: false,
    keyPrefix: null,
    keyPage: null,
    headers: {},
    preferredModels: [],
  };
}

export const ENDPOINT_PRESETS: readonly EndpointPreset[] = [
  hosted(
    'openai',
    'OpenAI',
    'https://api.openai.com/v1',
    'sk-',
    'https://platform.openai.com/api-keys',
    ['gpt-5', 'gpt-4o'],
  ),
  hosted(
    'openrouter',
    'OpenRouter',
    'https://openrouter.ai/api/v1',
    'sk-or-',
    'https://openrouter.ai/keys',
    ['openrouter/auto'],
  ),
  hosted(
    'anthropic',
    'Anthropic',
    'https://api.anthropic.com/v1',
    'sk-ant-',
    'https://console.anthropic.com/settings/keys',
    ['sonnet'],
    { 'anthropic-dangerous-direct-browser-access': 'true' },
  ),
  hosted(
    'gemini',
    'Gemini',
    'https://generativelanguage.googleapis.com/v1beta/openai',
    'AIza',
    'https://aistudio.google.com/apikey',
    ['flash'],
  ),
  hosted(
    'mistral',
    'Mistral',
    'https://api.mistral.ai/v1',
    null,
    'https://console.mistral.ai/api-keys',
    ['mistral-large', 'mistral-medium'],
  ),
  hosted(
    'deepseek',
    'DeepSeek',
    'https://api.deepseek.com/v1',
    null,
    'https://platform.deepseek.com/api_keys',
    ['deepseek-chat'],
  ),
  hosted(
    'groq',
    'Groq',
    'https://api.groq.com/openai/v1',
    'gsk_',
    'https://console.groq.com/keys',
    ['llama'],
  ),
  hosted('xai', 'xAI', 'https://api.x.ai/v1', 'xai-', 'https://console.x.ai', ['grok']),
  local('ollama', 'Ollama', 'http://localhost:11434/v1'),
  local('lm-studio', 'LM Studio', 'http://localhost:1234/v1'),
  local('llama-cpp', 'llama.cpp', 'http://localhost:8080/v1'),
  local('vllm', 'vLLM', 'http://localhost:8000/v1'),
  {
    id: 'custom',
    name: 'OpenAI-compatible',
    baseUrl: '',
    isLocal: false,
    needsKey: false,
    keyPrefix: null,
    keyPage: null,
    headers: {},
    preferredModels: [],
  },
];

const presetsById = new Map(ENDPOINT_PRESETS.map((preset) => [preset.id, preset]));

/** The preset of that id. */
export function getPreset(id: PresetId): EndpointPreset {
  const preset = presetsById.get(id);
  if (!preset) throw new RangeError(`no preset ${id}`);
  return preset;
}

/** The hosted preset whose keys begin like this one; undefined when none or nothing is recognised. */
export function recogniseKey(apiKey: string): EndpointPreset | undefined {
  return ENDPOINT_PRESETS.filter(({ keyPrefix }) => keyPrefix && apiKey.startsWith(keyPrefix)).sort(
    (a, b) => (b.keyPrefix?.length ?? 0) - (a.keyPrefix?.length ?? 0),
  )[0];
}

/** The preset whose address has the same origin; `custom` when none has. */
export function presetOfBaseUrl(baseUrl: string): EndpointPreset {
  const origin = URL.parse(baseUrl)?.origin.replace('127.0.0.1', 'localhost');
  return (
    ENDPOINT_PRESETS.find(
      (preset) => preset.baseUrl && new URL(preset.baseUrl).origin === origin,
    ) ?? getPreset('custom')
  );
}

/** The model to begin with: the preset's preference, else the first that does not look like an embedder. */
export function pickFirstModel(
  preset: EndpointPreset,
  modelIds: readonly string[],
): string | undefined {
  for (const preferred of preset.preferredModels) {
    const match = modelIds.find((id) => id.includes(preferred));
    if (match) return match;
  }
  return modelIds.find(looksLikeChatModel);
}
