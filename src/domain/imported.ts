/**
 * What a reader of a foreign format gives: conversations in the shape all formats share, before ids
 * and a database are thought of. Plain data: it passes through `postMessage`.
 */
import type { Conversation, ConversationStatus } from './conversation.ts';
import type { Message, MessageStatus, Rating, Role } from './message.ts';
import type { LibraryDocument } from './stored-rows.ts';

/** Products and formats a conversation can come from; stored as `Conversation.source`. */
export const IMPORT_SOURCES = [
  'onggi',
  'seed',
  'chatgpt',
  'claude',
  'gemini',
  'ai-studio',
  'grok',
  'perplexity',
  'deepseek',
  'mistral',
  'open-webui',
  'librechat',
  'lobehub',
  'nextchat',
  'betterchatgpt',
  'chatbox',
  'cherry-studio',
  'chatbot-ui',
  'big-agi',
  'page-assist',
  'sillytavern',
  'jan',
  'llama-cpp',
  'sharegpt',
  'openai-jsonl',
  'markdown',
] as const;
export type ImportSource = (typeof IMPORT_SOURCES)[number];

/** Sources whose readers were written from documentation: no real file of them was seen (FORMATS 2.4). */
export const FROM_DOCUMENTATION: ReadonlySet<ImportSource> = new Set<ImportSource>([
  'grok',
  'perplexity',
  'deepseek',
  'mistral',
  'betterchatgpt',
  'chatbox',
  'cherry-studio',
  'big-agi',
  'page-assist',
  'sillytavern',
  'jan',
  'llama-cpp',
]);

/** A file that belongs to an imported message. */
export interface ImportedAttachment {
  readonly name: string;
  /** Null when the export does not say; it is then told by the first bytes. */
  readonly mediaType: string | null;
  readonly sizeBytes: number | null;
  /**
   * How the bytes are found in the archive, best first: ids or names that an entry's base name equals
   * or begins with (`file-abc` finds `file-abc-photo.png`), or that its folder has; or, with folders
   * (`chat-1-files/photo.png`), the end of its path. Empty when the export never has them.
   */
  readonly assetKeys: readonly string[];
  /** A `data:` URL that holds the bytes themselves. */
  readonly dataUrl?: string;
  /** Text the other product read out of the file, or that was pasted: it stands for bytes that are nowhere else. */
  readonly text?: string;
}

/** One message of an imported conversation. Fields that the file does not say are null, never guessed. */
export interface ImportedMessage {
  /** Its id in the source; where there is none, a derived one (see {@link deriveSourceId}). */
  readonly sourceId: string;
  readonly isSourceIdDerived: boolean;
  /** Under which ids earlier versions stored the same message. */
  readonly formerSourceIds: readonly string[];
  /** `sourceId` of the message before it; null at the top. Parents stand before their children. */
  readonly parentSourceId: string | null;
  readonly role: Role;
  readonly content: string;
  readonly reasoning: string | null;
  /** Blocks onggi does not know, as they came: `{ type, … }`. Shown folded. */
  readonly parts: readonly unknown[];
  /** Epoch milliseconds; null when the file does not say. */
  readonly timestamp: number | null;
  readonly status: MessageStatus;
  readonly finishReason: string | null;
  readonly tokenCount: number | null;
  readonly promptTokens: number | null;
  readonly completionTokens: number | null;
  readonly costUsd: number | null;
  readonly modelUsed: string | null;
  /** The message names no model: this is the one of the whole conversation, which may have changed since. */
  readonly isModelOfWhole?: true;
  readonly temperature: number | null;
  readonly responseTimeMs: number | null;
  readonly rating: Rating | null;
  readonly feedback: string | null;
  readonly attachments: readonly ImportedAttachment[];
  /**
   * What else the source says and is worth keeping, e.g. `source_role`, `citations`, `tool`.
   * `hidden: true` marks a message the other product does not show (tool calls, system steps).
   */
  readonly metadata: Readonly<Record<string, unknown>>;
}

/** One imported conversation, a whole tree. */
export interface ImportedConversation {
  readonly source: ImportSource;
  readonly sourceId: string;
  readonly isSourceIdDerived: boolean;
  /**
   * Of a derived id: the ids that derive from the first message, the first two … and from all, which
   * earlier versions gave. Whatever was stored under one of them is a shorter export of this one; the
   * last tells it from another talk that began the same way.
   */
  readonly formerSourceIds: readonly string[];
  readonly title: string | null;
  /** Epoch milliseconds; null when neither it nor its messages have a date. */
  readonly createdAt: number | null;
  readonly updatedAt: number | null;
  /** Null where the file is silent: then what is here stays. So with the pin and the tags. */
  readonly status: ConversationStatus | null;
  readonly isPinned: boolean | null;
  readonly summary: string | null;
  /** Tags and folder names. */
  readonly tags: readonly string[] | null;
  readonly chatModel: string | null;
  readonly systemPrompt: string | null;
  readonly temperature: number | null;
  /** `sourceId` of the last message of the branch that is shown; null: the newest leaf. */
  readonly activeLeafSourceId: string | null;
  /** Parents before children; otherwise in the order of the source. */
  readonly messages: readonly ImportedMessage[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What was uncertain or left out, for the report. */
  readonly notes: readonly ImportNote[];
}

/** A document that an export carries beside its conversations (Claude projects). */
export interface ImportedDocument {
  readonly source: ImportSource;
  readonly sourceId: string;
  readonly name: string;
  /** The project or folder it belongs to. */
  readonly collection: string | null;
  readonly text: string;
  readonly createdAt: number | null;
  /** Of what a product remembers of a person: the account; null where the export does not say which. */
  readonly memoryOf?: string | null;
  /** Of our own files: its row as it was, which comes back whole. */
  readonly row?: LibraryDocument;
}

/** What a reader had to decide or leave out. The catalogs have a text for each. */
export const IMPORT_NOTES = [
  /** A date without a zone was read in this device's zone. */
  'zone_assumed',
  /** A date could not be read; the order is kept. */
  'date_unknown',
  /** Ids were made from the text, because the source has none. */
  'ids_derived',
  /** Records without threads were put together by time. */
  'grouped_by_time',
  /** A parent was missing or formed a circle; linked to the nearest known message. */
  'tree_repaired',
  /** The named end of the shown branch does not exist; the newest was taken. */
  'leaf_guessed',
  /** A role onggi does not know; read as the nearest one, the original is kept. */
  'role_unknown',
  /** A block of an unknown kind was kept as it came. */
  'unknown_block',
  /** Where one message ends was guessed from headings. */
  'roles_guessed',
  /** The file was edited by hand after it was exported. */
  'edited_by_hand',
  /** The file ends early; what is whole was taken. */
  'file_cut',
  /** Unknown keys were left out. */
  'unknown_keys',
  /** A number of the file was wrong and was counted anew. */
  'counters_recomputed',
  /** Keys or account data in the file were not read. */
  'secrets_ignored',
  /** A value had the wrong type and was left out. */
  'value_ignored',
  /** Blocks and other values of a message that were too long: their beginning is kept. */
  'extras_cut',
  /** The export names a file whose bytes it does not hold. */
  'asset_missing',
  /** Documents named without their text. */
  'document_without_text',
  /** Texts that are here were edited in their product since. */
  'edited_at_source',
  /** Most texts of a conversation differ from those that are here, which stay. */
  'written_otherwise',
] as const;
export type ImportNote = (typeof IMPORT_NOTES)[number];

/** Why something was not taken. The catalogs have a text for each. */
export const SKIP_REASONS = [
  'empty_conversation',
  'no_messages_field',
  'not_an_object',
  'unreadable_element',
  'too_deep',
  'too_large',
  'too_many_messages',
  'duplicate_in_file',
  'temporary',
  'shared_copy',
  'asset_too_large',
  'document_without_text',
  'manifest_only',
  /** It is named, and how its content is built is not known. */
  'structure_unknown',
  'library_missing',
  'storage_refused',
  'chosen_by_person',
  /** There is no place for it here. */
  'saved_prompt',
  /** A collection of files with passages that another model made searchable. */
  'knowledge_base',
] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

/** A conversation of our own files: whole rows with their ids, so that nothing of them is lost. */
export interface NativeConversation {
  readonly conversation: Conversation;
  /** Parents before children; `seq` as in the file, or rising where the file has none. */
  readonly messages: readonly Message[];
  /** Bytes by attachment id, where the file holds them. */
  readonly bytesById: Readonly<Record<string, ArrayBuffer>>;
  readonly notes: readonly ImportNote[];
}

/**
 * More messages of one foreign conversation are refused: 200,000 is what a whole store is built for
 * (PERFORMANCE 6), and one transaction holds them: 100,000 take some seconds, in the worker. Our own
 * conversations were here once, so they always fit.
 */
export const MAX_CONVERSATION_MESSAGES = 200_000;

/** What a reader yields, one after another. Whatever goes wrong with one never ends the others. */
export type ReadItem =
  | { readonly kind: 'conversation'; readonly conversation: ImportedConversation }
  | { readonly kind: 'native'; readonly native: NativeConversation }
  | { readonly kind: 'document'; readonly document: ImportedDocument }
  /** Something that was there and is not taken. `label` is its title or id, shortened. */
  | { readonly kind: 'skipped'; readonly reason: SkipReason; readonly label: string | null };

type NewMessage = Pick<ImportedMessage, 'sourceId' | 'parentSourceId' | 'role' | 'content'> &
  Partial<ImportedMessage>;

const NOTHING: readonly never[] = [];
const NO_METADATA: Readonly<Record<string, unknown>> = {};

/** A whole imported message from what the source says. */
export function createImportedMessage(fields: NewMessage): ImportedMessage {
  return placeImportedMessage(fields, fields);
}

type MessagePlace = Pick<NewMessage, 'sourceId' | 'parentSourceId' | 'isSourceIdDerived'>;

/**
 * A whole imported message whose ids are decided elsewhere. Field by field and with one empty list for
 * all: of a file with hundreds of thousands of messages, spreads cost more than all the rest.
 */
export function placeImportedMessage(
  fields: Omit<NewMessage, keyof MessagePlace>,
  { sourceId, parentSourceId, isSourceIdDerived = false }: MessagePlace,
): ImportedMessage {
  return {
    sourceId,
    isSourceIdDerived,
    formerSourceIds: fields.formerSourceIds ?? NOTHING,
    parentSourceId,
    role: fields.role,
    content: fields.content,
    reasoning: fields.reasoning ?? null,
    parts: fields.parts ?? NOTHING,
    timestamp: fields.timestamp ?? null,
    status: fields.status ?? 'complete',
    finishReason: fields.finishReason ?? null,
    tokenCount: fields.tokenCount ?? null,
    promptTokens: fields.promptTokens ?? null,
    completionTokens: fields.completionTokens ?? null,
    costUsd: fields.costUsd ?? null,
    modelUsed: fields.modelUsed ?? null,
    temperature: fields.temperature ?? null,
    responseTimeMs: fields.responseTimeMs ?? null,
    rating: fields.rating ?? null,
    feedback: fields.feedback ?? null,
    attachments: fields.attachments ?? NOTHING,
    metadata: fields.metadata ?? NO_METADATA,
  };
}

type NewConversation = Pick<ImportedConversation, 'source' | 'sourceId' | 'messages'> &
  Partial<ImportedConversation>;

/**
 * A whole imported conversation from what the source says. Answers that name no model have that of the
 * conversation, so that counts, filters and the preview know it.
 */
export function createImportedConversation(fields: NewConversation): ImportedConversation {
  return {
    isSourceIdDerived: false,
    formerSourceIds: [],
    title: null,
    createdAt: null,
    updatedAt: null,
    status: null,
    isPinned: null,
    summary: null,
    tags: null,
    chatModel: null,
    systemPrompt: null,
    temperature: null,
    activeLeafSourceId: null,
    metadata: {},
    notes: [],
    ...fields,
    messages: withModel(fields.messages, fields.chatModel ?? null),
  };
}

/** What the other product hides is no answer: a step, or an example that belongs to the instructions. */
function withModel(
  messages: readonly ImportedMessage[],
  chatModel: string | null,
): readonly ImportedMessage[] {
  if (chatModel === null) return messages;
  const isSilent = ({ role, modelUsed, metadata }: ImportedMessage): boolean =>
    role === 'assistant' && modelUsed === null && metadata['hidden'] !== true;
  if (!messages.some(isSilent)) return messages;
  return messages.map((message) =>
    isSilent(message) ? { ...message, modelUsed: chatModel, isModelOfWhole: true } : message,
  );
}

/**
 * A stable id for what has none in its source: the same parts always give the same id. FNV-1a, twice
 * with different offsets, 32 bits each, over UTF-16 units: not cryptographic (FORMATS 1, rule 7).
 */
export function deriveSourceId(...parts: readonly (string | number | null)[]): string {
  return `derived-${digestText(JSON.stringify(parts))}`;
}

/**
 * 64 bits, hexadecimal, that tell texts apart: FNV-1a twice with different offsets, 32 bits each, over
 * UTF-16 units. Not cryptographic: whoever wants to can make two texts with the same digest.
 */
export function digestText(text: string): string {
  let first = 0x811c9dc5;
  let second = 0x2f0b4a27;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    first = Math.imul(first ^ unit, 0x01000193);
    second = Math.imul(second ^ unit, 0x01000193);
  }
  return toHex(first, second);
}

/** By pairs of digits out of a table: most of what a digest costs would else be its text. */
function toHex(first: number, second: number): string {
  return pairsOf(first) + pairsOf(second);
}

function pairsOf(value: number): string {
  const [a, b, c, d] = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
  return `${HEX_PAIRS[a] ?? ''}${HEX_PAIRS[b] ?? ''}${HEX_PAIRS[c] ?? ''}${HEX_PAIRS[d] ?? ''}`;
}

const HEX_PAIRS = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));
