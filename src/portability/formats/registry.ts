import { aiStudioFormat } from './ai-studio.ts';
import { betterChatGptArrayFormat, betterChatGptFormat } from './betterchatgpt.ts';
import { bigAgiFormat } from './big-agi.ts';
import { chatboxFormat } from './chatbox.ts';
import { chatbotUiFormat } from './chatbot-ui.ts';
import { chatgptGroupChats } from './chatgpt-group-chats.ts';
import { chatgptMemories } from './chatgpt-memories.ts';
import { chatgpt } from './chatgpt.ts';
import { cherryStudioFormat } from './cherry-studio.ts';
import { claudeDesignChats } from './claude-design-chats.ts';
import { claudeManifest } from './claude-manifest.ts';
import { claudeMemories } from './claude-memories.ts';
import { claudeProjects } from './claude-projects.ts';
import { claude } from './claude.ts';
import { deepseek, deepseekCapture } from './deepseek.ts';
import type { ImportFormat } from './format.ts';
import { geminiHtmlFormat } from './gemini-html.ts';
import { geminiFormat } from './gemini.ts';
import { grok } from './grok.ts';
import { janFormat } from './jan.ts';
import { librechat } from './librechat.ts';
import { llamaCppFormat, llamaCppLinesFormat } from './llama-cpp.ts';
import { lobeHubStateFormat, lobeHubTablesFormat, lobeHubTopicFormat } from './lobehub.ts';
import { markdownTranscriptFormats } from './markdown-transcripts.ts';
import { mistral } from './mistral.ts';
import { nextChatFormat } from './nextchat.ts';
import { onggiDocument } from './onggi-document.ts';
import { onggiJson } from './onggi-json.ts';
import { onggiMarkdown } from './onggi-markdown.ts';
import { openAiJsonlFormat, openAiMessagesFormat } from './openai-jsonl.ts';
import { openAiPreferenceFormat } from './openai-preference.ts';
import { openWebui } from './open-webui.ts';
import { pageAssistFormat } from './page-assist.ts';
import { perplexity } from './perplexity.ts';
import { seedMarkdown } from './seed-markdown.ts';
import { seed } from './seed.ts';
import { shareGptFormat } from './sharegpt.ts';
import { sillyTavernFormat } from './sillytavern.ts';

/**
 * Every format that can be imported, in the order in which they are tried: the first that knows the
 * structure reads the file (FORMATS 1.1). Telling ones come first; those that a mere list of messages
 * satisfies come last.
 */
export const IMPORT_FORMATS: readonly ImportFormat[] = [
  onggiJson,
  onggiDocument,
  seed,
  deepseek,
  deepseekCapture,
  chatgpt,
  claude,
  claudeManifest,
  claudeDesignChats,
  claudeProjects,
  claudeMemories,
  chatgptMemories,
  chatgptGroupChats,
  geminiFormat,
  aiStudioFormat,
  grok,
  perplexity,
  mistral,
  openWebui,
  librechat,
  lobeHubStateFormat,
  lobeHubTablesFormat,
  lobeHubTopicFormat,
  nextChatFormat,
  betterChatGptFormat,
  betterChatGptArrayFormat,
  chatboxFormat,
  cherryStudioFormat,
  chatbotUiFormat,
  bigAgiFormat,
  pageAssistFormat,
  sillyTavernFormat,
  janFormat,
  llamaCppLinesFormat,
  llamaCppFormat,
  openAiPreferenceFormat,
  openAiJsonlFormat,
  openAiMessagesFormat,
  shareGptFormat,
  onggiMarkdown,
  geminiHtmlFormat,
  seedMarkdown,
  ...markdownTranscriptFormats,
];
