import type { Maskable } from './maskable.ts';

/**
 * Keys by the shapes their makers give them. A pattern begins with fixed letters, or where no letter
 * of a key stands before it, so that each character is looked at a few times at most.
 */
const KEYS: readonly RegExp[] = [
  // OpenAI, Anthropic, OpenRouter, DeepSeek …
  /(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}/g,
  // Stripe; Groq, Hugging Face, Replicate, npm, GitHub, GitLab, xAI, Perplexity, NVIDIA, Tavily, PyPI
  /(?<![A-Za-z0-9])[spr]k_(?:live|test)_[A-Za-z0-9]{10,}/g,
  /(?<![A-Za-z0-9])(?:gsk|hf|r8|npm|gh[oprsu]|github_pat)_[A-Za-z0-9_]{20,}/g,
  /(?<![A-Za-z0-9])(?:glpat|xai|pplx|nvapi|tvly|pypi)-[A-Za-z0-9_-]{16,}/g,
  // Google, Amazon, Slack
  /(?<![A-Za-z0-9])AIza[A-Za-z0-9_-]{30,}/g,
  /(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}/g,
  /(?<![A-Za-z0-9])(?:xox[a-z]|xapp)-[A-Za-z0-9-]{10,}/g,
  /(?<![A-Za-z0-9])AGE-SECRET-KEY-1[A-Z0-9]{20,}/g,
  // JSON Web Tokens: header, payload, signature
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?/g,
];

/** Words before a secret without a shape; only what stands behind them is masked. */
const NAMED: readonly RegExp[] = [
  /(?<![A-Za-z0-9])(?:bearer|basic) {1,4}(?<secret>[A-Za-z0-9._~+/=-]{16,})/gi,
  /(?:api[_-]?key|secret|token|passwo?r?d)["']? {0,4}[:=] {0,4}["']?(?<secret>[A-Za-z0-9._~+/=!@#$%^&*-]{8,})/gi,
];

/** API keys, tokens and PEM blocks. */
export function* findKeys(text: string): Generator<Maskable> {
  for (const pattern of KEYS) {
    for (const { index, 0: key } of text.matchAll(pattern)) {
      yield { kind: 'key', start: index, end: index + key.length };
    }
  }
  for (const pattern of NAMED) {
    for (const { index, 0: whole, groups } of text.matchAll(pattern)) {
      const secret = groups?.['secret'] ?? '';
      const end = index + whole.length;
      // A word of a sentence or of code is no secret; those hold digits.
      if (/\d/.test(secret)) yield { kind: 'key', start: end - secret.length, end };
    }
  }
  yield* findPemBlocks(text);
}

/** From `-----BEGIN …-----` to its end; without an end, to the end of the text. */
function* findPemBlocks(text: string): Generator<Maskable> {
  const opening = /-----BEGIN [A-Z0-9 ]{1,40}-----/g;
  for (let match = opening.exec(text); match; match = opening.exec(text)) {
    const closing = /-----END [A-Z0-9 ]{1,40}-----/g;
    closing.lastIndex = opening.lastIndex;
    const end = closing.exec(text) ? closing.lastIndex : text.length;
    yield { kind: 'key', start: match.index, end };
    opening.lastIndex = end;
  }
}
