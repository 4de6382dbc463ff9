import type { ImportSource } from '#domain/imported.ts';

/** Names of products and formats, the same in every language. */
export const SOURCE_NAMES: Record<ImportSource, string> = {
  onggi: 'onggi',
  seed: 'onggi (JSON)',
  chatgpt: 'ChatGPT',
  claude: 'Claude',
  gemini: 'Gemini (Google Takeout)',
  'ai-studio': 'Google AI Studio',
  grok: 'Grok',
  perplexity: 'Perplexity',
  deepseek: 'DeepSeek',
  mistral: 'Mistral Le Chat',
  'open-webui': 'Open WebUI',
  librechat: 'LibreChat',
  lobehub: 'LobeHub / LobeChat',
  nextchat: 'NextChat',
  betterchatgpt: 'BetterChatGPT',
  chatbox: 'Chatbox',
  'cherry-studio': 'Cherry Studio',
  'chatbot-ui': 'Chatbot UI',
  'big-agi': 'big-AGI',
  'page-assist': 'Page Assist',
  sillytavern: 'SillyTavern',
  jan: 'Jan',
  'llama-cpp': 'llama.cpp',
  sharegpt: 'ShareGPT',
  'openai-jsonl': 'OpenAI JSONL',
  markdown: 'Markdown',
};

/** Readers that were written from documentation, without a real file (FORMATS 2.4). */
export const FROM_DOCUMENTATION: ReadonlySet<ImportSource> = new Set<ImportSource>([
  'betterchatgpt',
  'big-agi',
  'chatbox',
  'cherry-studio',
  'jan',
  'llama-cpp',
  'page-assist',
  'sillytavern',
]);
