/**
 * What Google puts before a prompt in the title of a record, by the account's language. The list is from
 * public readers of such files; a title that begins with none of them is kept whole.
 */
const PREFIXES: readonly RegExp[] = [
  // English; the word in front of a colon is what older files have.
  /^Prompted with:\s+/,
  /^(?:Prompted|Asked Gemini|Asked Bard|Asked|Said|Branched):?\s+/,
  /^(?:Submitted query|Query submitted):?\s+/,
  // German, Spanish, Greek
  /^Eingegebener Prompt:\s*/,
  /^Has dicho:\s*/,
  /^Hiciste la petición:?\s+/,
  /^Preguntado:?\s+/,
  /^Υποβλήθηκε το ερώτημα:?\s+/,
  // Japanese, Chinese
  /^送信したメッセージ[:：]\s*/,
  /^プロンプト[:：]\s*/,
  /^已提示[:：]?\s*/,
  // Korean titles are the prompt alone, but for what was carried into a branch.
  /^분기된\s+/,
];

/** The prompt without what Google put before it, and that prefix; "" when none is known. */
export function readPrompt(title: string): { readonly prompt: string; readonly prefix: string } {
  for (const pattern of PREFIXES) {
    const prefix = pattern.exec(title)?.[0];
    if (prefix !== undefined) return { prompt: title.slice(prefix.length), prefix: prefix.trim() };
  }
  return { prompt: title, prefix: '' };
}
