/** What a request to a model costs. */
export interface Price {
  /** US dollars for a million tokens of the prompt. */
  readonly inputUsd: number;
  /** US dollars for a million tokens of the answer. */
  readonly outputUsd: number;
  /** Longer prompts have another, unknown price; null where the length does not matter. */
  readonly upToPromptTokens: number | null;
  /** Who says so: the person, the person about this computer, or the table of that date. */
  readonly source: 'own' | 'local' | `table ${string}`;
}

/** US dollars of one request; undefined where the price does not hold for so long a prompt. */
export function costOf(
  { inputUsd, outputUsd, upToPromptTokens }: Price,
  tokens: { readonly promptTokens: number; readonly completionTokens: number },
): number | undefined {
  const { promptTokens, completionTokens } = tokens;
  if (upToPromptTokens !== null && promptTokens > upToPromptTokens) return undefined;
  return (promptTokens * inputUsd + completionTokens * outputUsd) / 1_000_000;
}
