import type { WholeConversation } from './conversation-fields.ts';
import { findMaskable } from './find-maskable.ts';
import type { MaskableKind } from './maskable.ts';

/** A place that an anonymised export masks, with what stands around it. */
export interface MaskingExample {
  readonly kind: MaskableKind;
  /** At most 30 characters. */
  readonly before: string;
  readonly value: string;
  /** At most 30 characters. */
  readonly after: string;
}

/** What an anonymised export would mask. */
export interface MaskingPreview {
  readonly counts: Readonly<Record<MaskableKind, number>>;
  /** The first of each kind, at most {@link EXAMPLES_A_KIND}. */
  readonly examples: readonly MaskingExample[];
}

const EXAMPLES_A_KIND = 20;
const AROUND = 30;

/** A preview of nothing, to add conversations to. */
export function createMaskingPreview(): MaskingPreview {
  return { counts: { email: 0, phone: 0, card: 0, 'resident-number': 0, key: 0 }, examples: [] };
}

/** The preview with one more conversation in it. */
export function addToMaskingPreview(
  preview: MaskingPreview,
  whole: WholeConversation,
): MaskingPreview {
  const counts = { ...preview.counts };
  const examples = [...preview.examples];
  for (const text of readTexts(whole)) {
    for (const { kind, start, end } of findMaskable(text)) {
      counts[kind] += 1;
      if (examples.filter((example) => example.kind === kind).length >= EXAMPLES_A_KIND) continue;
      const before = text.slice(Math.max(0, start - AROUND), start);
      examples.push({
        kind,
        before,
        value: text.slice(start, Math.min(end, start + 200)),
        after: text.slice(end, end + AROUND),
      });
    }
  }
  return { counts, examples };
}

/** Every text that an anonymised export masks. */
function* readTexts({ conversation, messages }: WholeConversation): Generator<string> {
  const { title, summary, tags, systemPrompt, chatModel, metadata } = conversation;
  yield* readStrings([title, summary, tags, systemPrompt, chatModel, metadata]);
  for (const message of messages) {
    const { content, reasoning, feedback, modelUsed, parts, error, metadata: own } = message;
    yield* readStrings([content, reasoning, feedback, modelUsed, parts, error?.detail, own]);
  }
}

function* readStrings(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) yield* readStrings(member);
  }
}
