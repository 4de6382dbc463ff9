/** Whether a model's name is not one of the things that lists name beside chat models. */
export function looksLikeChatModel(modelId: string): boolean {
  return !/embed|rerank|whisper|tts|dall-e|moderation|image/i.test(modelId);
}
