/**
 * For every format whose files hold conversations: how its product writes a talk of plain texts. What
 * holds for all readers is tested over this one list.
 */
import { isObject } from '#portability/formats/read-value.ts';

type Json = Record<string, unknown>;

/** A talk in which the person and the model speak in turn, a second apart. */
export interface Talk {
  /** Hexadecimal, because Gemini's ids are. */
  readonly id: string;
  readonly title: string;
  readonly texts: readonly string[];
  /** Epoch milliseconds. */
  readonly startsAt: number;
}

/** How the files of one format are built, from its messages up. */
export interface FormatSample {
  /** Of the reader in the registry. */
  readonly id: string;
  /** Of a file with this talk as its first. */
  readonly path: (talk: Talk) => string;
  readonly isLines?: true;
  /** A file holds one conversation. */
  readonly isAlone?: true;
  /** Messages name the one before them. */
  readonly isTree?: true;
  /** The messages of all conversations stand in one list: what is none belongs to no conversation. */
  readonly isGrouped?: true;
  /** @param parent Index of the message before it, or a word that is the id of none. */
  message(talk: Talk, index: number, parent: number | string | null): unknown;
  /** @param messages As a rule a list of them. */
  conversation(talk: Talk, messages: unknown): unknown;
  file(conversations: readonly unknown[]): unknown;
}

/** The sample's messages for all texts of a talk, each following the one before it. */
export function messagesOf(sample: FormatSample, talk: Talk): readonly unknown[] {
  return talk.texts.map((_, index) => sample.message(talk, index, index === 0 ? null : index - 1));
}

/** The sample's conversation for a talk. */
export function conversationOf(sample: FormatSample, talk: Talk): unknown {
  return sample.conversation(talk, messagesOf(sample, talk));
}

/** What stands in the file: JSON, or one value a line. */
export function contentOf(sample: FormatSample, conversations: readonly unknown[]): string {
  const value = sample.file(conversations);
  if (!sample.isLines) return JSON.stringify(value);
  return (value as readonly unknown[]).map((line) => `${JSON.stringify(line)}\n`).join('');
}

const idOf = ({ id }: Talk, index: number): string => `${id}-m${index}`;
const parentOf = (talk: Talk, parent: number | string | null): string | null =>
  typeof parent === 'number' ? idOf(talk, parent) : parent;
const timeOf = ({ startsAt }: Talk, index: number): number => startsAt + index * 1000;
const isoOf = (talk: Talk, index: number): string => new Date(timeOf(talk, index)).toISOString();
const isPrompt = (index: number): boolean => index % 2 === 0;
const roleOf = (index: number): string => (isPrompt(index) ? 'user' : 'assistant');
const textOf = ({ texts }: Talk, index: number): string => texts[index] ?? '';

/** A list as the object that some products keep their messages in; anything else as it is. */
function keyed(talk: Talk, messages: unknown): unknown {
  if (!Array.isArray(messages)) return messages;
  return Object.fromEntries(
    messages.map((message: unknown, index): [string, unknown] => {
      const id: unknown = isObject(message) ? message['id'] : undefined;
      return [typeof id === 'string' ? id : `${talk.id}-x${index}`, message];
    }),
  );
}

/** The elements of lists, and what is no list itself. */
function flat(values: readonly unknown[]): readonly unknown[] {
  return values.flatMap((value): readonly unknown[] =>
    Array.isArray(value) ? (value as readonly unknown[]) : [value],
  );
}

const plain = (talk: Talk, index: number): Json => ({
  id: idOf(talk, index),
  role: roleOf(index),
  content: textOf(talk, index),
});

function mapped(talk: Talk, index: number, parent: number | string | null, message: Json): Json {
  return { id: idOf(talk, index), parent: parentOf(talk, parent), children: [], message };
}

const lobehub = {
  isGrouped: true,
  isTree: true,
  message: (talk: Talk, index: number, parent: number | string | null) => ({
    ...plain(talk, index),
    parentId: parentOf(talk, parent),
    topicId: talk.id,
    createdAt: timeOf(talk, index),
  }),
  conversation: (_: Talk, messages: unknown) => messages,
} as const;

function lobehubTables(conversations: readonly unknown[]): Json {
  const messages = flat(conversations);
  const topicIds = new Set(messages.map((each) => (isObject(each) ? each['topicId'] : undefined)));
  const topics = [...topicIds].map((id) => ({ id, title: `Topic ${String(id)}` }));
  return { messages, topics, sessions: [] };
}

/** Every one of them, by the id of its reader. */
export const FORMAT_SAMPLES: readonly FormatSample[] = [
  {
    id: 'chatgpt',
    path: () => 'conversations.json',
    isTree: true,
    message: (talk, index, parent) =>
      mapped(talk, index, parent, {
        id: idOf(talk, index),
        author: { role: roleOf(index) },
        create_time: timeOf(talk, index) / 1000,
        content: { content_type: 'text', parts: [textOf(talk, index)] },
        metadata: {},
      }),
    conversation: (talk, messages) => ({
      conversation_id: talk.id,
      title: talk.title,
      create_time: talk.startsAt / 1000,
      mapping: keyed(talk, messages),
    }),
    file: (conversations) => conversations,
  },
  {
    id: 'claude',
    path: () => 'conversations.json',
    isTree: true,
    message: (talk, index, parent) => ({
      uuid: idOf(talk, index),
      sender: isPrompt(index) ? 'human' : 'assistant',
      text: textOf(talk, index),
      content: [{ type: 'text', text: textOf(talk, index) }],
      created_at: isoOf(talk, index),
      parent_message_uuid: parentOf(talk, parent) ?? '00000000-0000-4000-8000-000000000000',
    }),
    conversation: (talk, messages) => ({
      uuid: talk.id,
      name: talk.title,
      created_at: isoOf(talk, 0),
      chat_messages: messages,
    }),
    file: (conversations) => conversations,
  },
  {
    id: 'claude-design-chats',
    path: ({ id }) => `design_chats/${id}.json`,
    message: (talk, index) => ({
      uuid: idOf(talk, index),
      role: roleOf(index),
      content: { contentBlocks: [{ type: 'text', text: textOf(talk, index) }] },
      created_at: isoOf(talk, index),
    }),
    conversation: (talk, messages) => ({
      uuid: talk.id,
      title: talk.title,
      project: { name: 'Pots' },
      messages,
    }),
    file: (conversations) => conversations,
  },
  {
    id: 'deepseek',
    path: () => 'conversations.json',
    isTree: true,
    message: (talk, index, parent) =>
      mapped(talk, index, parent, {
        inserted_at: isoOf(talk, index),
        fragments: [
          { type: isPrompt(index) ? 'REQUEST' : 'RESPONSE', content: textOf(talk, index) },
        ],
      }),
    conversation: (talk, messages) => ({
      id: talk.id,
      title: talk.title,
      inserted_at: isoOf(talk, 0),
      mapping: keyed(talk, messages),
    }),
    file: (conversations) => conversations,
  },
  {
    id: 'deepseek-capture',
    path: () => 'deepseek.json',
    isTree: true,
    message: (talk, index, parent) => ({
      message_id: idOf(talk, index),
      parent_id: parentOf(talk, parent),
      role: roleOf(index).toUpperCase(),
      content: textOf(talk, index),
      inserted_at: timeOf(talk, index) / 1000,
    }),
    conversation: (talk, messages) => ({
      data: {
        biz_data: {
          chat_session: { id: talk.id, title: talk.title, inserted_at: talk.startsAt / 1000 },
          chat_messages: messages,
        },
      },
    }),
    file: (conversations) => conversations,
  },
  {
    id: 'gemini',
    path: () => 'MyActivity.json',
    isGrouped: true,
    message: (talk, index) => ({
      header: 'Gemini Apps',
      title: `Prompted ${textOf(talk, index)}`,
      time: isoOf(talk, index),
      products: ['Gemini Apps'],
      details: [{ name: 'From', url: `https://gemini.google.com/app/deadbeef${talk.id}` }],
    }),
    conversation: (_, messages) => messages,
    file: flat,
  },
  {
    id: 'ai-studio',
    path: ({ title }) => `${title}.json`,
    isAlone: true,
    message: (talk, index) => ({
      role: isPrompt(index) ? 'user' : 'model',
      text: textOf(talk, index),
      createTime: isoOf(talk, index),
    }),
    conversation: (_, messages) => ({
      runSettings: { model: 'models/gemini-3-pro' },
      chunkedPrompt: { chunks: messages },
    }),
    file: ([conversation]) => conversation,
  },
  {
    id: 'grok',
    path: () => 'prod-grok-backend.json',
    isTree: true,
    message: (talk, index, parent) => ({
      response: {
        _id: idOf(talk, index),
        parent_response_id: parentOf(talk, parent),
        sender: isPrompt(index) ? 'human' : 'assistant',
        message: textOf(talk, index),
        create_time: isoOf(talk, index),
      },
    }),
    conversation: (talk, messages) => ({
      conversation: { id: talk.id, title: talk.title, create_time: isoOf(talk, 0) },
      responses: messages,
    }),
    file: (conversations) => ({ conversations }),
  },
  {
    id: 'perplexity',
    path: () => 'perplexity.json',
    // A question that was not answered is one message.
    message: (talk, index) => ({
      uuid: idOf(talk, index),
      query: textOf(talk, index),
      answer: null,
      timestamp: isoOf(talk, index),
    }),
    conversation: (talk, messages) => ({
      metadata: { thread_id: talk.id, thread_title: talk.title },
      conversations: messages,
    }),
    file: (conversations) => conversations,
  },
  {
    id: 'mistral',
    path: ({ id }) => `chat-${id}.json`,
    isGrouped: true,
    isTree: true,
    message: (talk, index, parent) => ({
      id: idOf(talk, index),
      version: 0,
      chatId: talk.id,
      parentId: parentOf(talk, parent),
      role: roleOf(index),
      content: textOf(talk, index),
      contentChunks: [{ type: 'text', text: textOf(talk, index) }],
      createdAt: isoOf(talk, index),
    }),
    conversation: (_, messages) => messages,
    file: flat,
  },
  {
    id: 'open-webui',
    path: () => 'chat-export.json',
    isTree: true,
    message: (talk, index, parent) => ({
      ...plain(talk, index),
      parentId: parentOf(talk, parent),
      childrenIds: [],
      timestamp: timeOf(talk, index) / 1000,
    }),
    conversation: (talk, messages) => ({
      id: talk.id,
      user_id: 'u',
      title: talk.title,
      created_at: talk.startsAt / 1000,
      chat: { title: talk.title, models: ['llama'], history: { messages: keyed(talk, messages) } },
    }),
    file: (conversations) => conversations,
  },
  {
    id: 'librechat',
    path: () => 'librechat.json',
    isTree: true,
    message: (talk, index, parent) => ({
      messageId: idOf(talk, index),
      parentMessageId: parentOf(talk, parent) ?? '00000000-0000-0000-0000-000000000000',
      isCreatedByUser: isPrompt(index),
      sender: isPrompt(index) ? 'User' : 'GPT-4',
      text: textOf(talk, index),
      createdAt: isoOf(talk, index),
    }),
    conversation: (talk, messages) => ({
      conversationId: talk.id,
      title: talk.title,
      endpoint: 'openAI',
      messages,
    }),
    file: (conversations) => conversations,
  },
  {
    ...lobehub,
    id: 'lobehub-state',
    path: () => 'lobechat.json',
    file: (conversations) => ({
      exportType: 'all',
      version: 7,
      state: lobehubTables(conversations),
    }),
  },
  {
    ...lobehub,
    id: 'lobehub-tables',
    path: () => 'lobehub.json',
    file: (conversations) => ({
      mode: 'pglite',
      schemaHash: 'abc',
      data: lobehubTables(conversations),
    }),
  },
  {
    id: 'lobehub-topic',
    path: () => 'topic.json',
    isAlone: true,
    message: (talk, index) => ({ ...plain(talk, index), createdAt: timeOf(talk, index) }),
    conversation: (talk, messages) => ({
      version: '2.0',
      exportedAt: isoOf(talk, talk.texts.length),
      title: talk.title,
      messages,
    }),
    file: ([conversation]) => conversation,
  },
  {
    id: 'nextchat',
    path: () => 'Backup.json',
    message: (talk, index) => ({ ...plain(talk, index), date: isoOf(talk, index) }),
    conversation: (talk, messages) => ({
      id: talk.id,
      topic: talk.title,
      messages,
      mask: { context: [], modelConfig: {} },
    }),
    file: (sessions) => ({ 'chat-next-web-store': { sessions } }),
  },
  {
    id: 'betterchatgpt',
    path: () => 'betterchatgpt.json',
    message: (talk, index) => ({ role: roleOf(index), content: textOf(talk, index) }),
    conversation: (talk, messages) => ({
      id: talk.id,
      title: talk.title,
      titleSet: true,
      config: { model: 'gpt-4' },
      messages,
    }),
    file: (chats) => ({ version: 1, chats, folders: {} }),
  },
  {
    id: 'betterchatgpt-array',
    path: () => 'betterchatgpt.json',
    message: (talk, index) => ({ role: roleOf(index), content: textOf(talk, index) }),
    conversation: (talk, messages) => ({
      id: talk.id,
      title: talk.title,
      titleSet: true,
      config: { model: 'gpt-4' },
      messages,
    }),
    file: (conversations) => conversations,
  },
  {
    id: 'chatbox',
    path: () => 'chatbox-exported-data.json',
    message: (talk, index) => ({
      id: idOf(talk, index),
      role: roleOf(index),
      contentParts: [{ type: 'text', text: textOf(talk, index) }],
      timestamp: timeOf(talk, index),
    }),
    conversation: (talk, messages) => ({ id: talk.id, name: talk.title, messages }),
    file(conversations) {
      const taken = new Set<unknown>();
      const sessions = conversations.map((session, index): [string, unknown] => {
        const named: unknown = isObject(session) ? session['id'] : undefined;
        const isFree = typeof named === 'string' && named !== '' && !taken.has(named);
        const id = isFree ? named : `lost${index}`;
        taken.add(id);
        return [id, session];
      });
      return {
        'chat-sessions-list': sessions.map(([id]) => ({ id, name: `Session ${id}` })),
        ...Object.fromEntries(
          sessions.map(([id, session]): [string, unknown] => [`session:${id}`, session]),
        ),
      };
    },
  },
  {
    id: 'cherry-studio',
    path: () => 'data.json',
    message: (talk, index) => ({
      id: idOf(talk, index),
      role: roleOf(index),
      createdAt: isoOf(talk, index),
      status: 'success',
      blocks: [{ id: `${idOf(talk, index)}-b`, type: 'main_text', content: textOf(talk, index) }],
    }),
    conversation: (talk, messages) => ({ id: talk.id, name: talk.title, messages }),
    file: (topics) => ({ time: 1, version: 5, indexedDB: { topics, message_blocks: [] } }),
  },
  {
    id: 'chatbot-ui',
    path: () => 'chatbot_ui_history.json',
    message: (talk, index) => ({ role: roleOf(index), content: textOf(talk, index) }),
    conversation: (talk, messages) => ({ id: talk.id, name: talk.title, messages }),
    file: (history) => ({ version: 4, history, folders: [], prompts: [] }),
  },
  {
    id: 'big-agi',
    path: () => 'big-agi.json',
    message: (talk, index) => ({
      id: idOf(talk, index),
      role: roleOf(index),
      created: timeOf(talk, index),
      fragments: [{ ft: 'content', fId: 'f', part: { pt: 'text', text: textOf(talk, index) } }],
    }),
    conversation: (talk, messages) => ({
      id: talk.id,
      userTitle: talk.title,
      systemPurposeId: 'Generic',
      created: talk.startsAt,
      messages,
    }),
    file: (conversations) => ({ conversations }),
  },
  {
    id: 'page-assist',
    path: () => 'page-assist.json',
    message: (talk, index) => ({ ...plain(talk, index), createdAt: timeOf(talk, index) }),
    conversation: (talk, messages) => ({
      history: { id: talk.id, title: talk.title, createdAt: talk.startsAt },
      messages,
    }),
    file: (chat) => ({ chat, knowledge: [], vector: [], prompts: [] }),
  },
  {
    id: 'sillytavern',
    path: ({ title }) => `${title}.jsonl`,
    isLines: true,
    isAlone: true,
    message: (talk, index) => ({
      name: isPrompt(index) ? 'Kim' : 'Potter',
      is_user: isPrompt(index),
      mes: textOf(talk, index),
      send_date: isoOf(talk, index),
    }),
    conversation: (talk, messages) => [
      {
        user_name: 'Kim',
        character_name: 'Potter',
        create_date: isoOf(talk, 0),
        chat_metadata: { integrity: talk.id },
      },
      ...flat([messages]),
    ],
    file: flat,
  },
  {
    id: 'jan',
    path: ({ id }) => `threads/${id}/messages.jsonl`,
    isLines: true,
    isGrouped: true,
    isTree: true,
    message: (talk, index, parent) => ({
      id: idOf(talk, index),
      object: 'thread.message',
      thread_id: talk.id,
      role: roleOf(index),
      content: [{ type: 'text', text: { value: textOf(talk, index), annotations: [] } }],
      status: 'ready',
      created_at: timeOf(talk, index),
      metadata: parent === null ? {} : { parentId: parentOf(talk, parent) },
    }),
    conversation: (_, messages) => messages,
    file: flat,
  },
  {
    id: 'llama-cpp-lines',
    path: () => 'conversations.jsonl',
    isLines: true,
    isGrouped: true,
    isTree: true,
    message: (talk, index, parent) => ({
      type: 'message',
      message: {
        ...plain(talk, index),
        convId: talk.id,
        type: 'text',
        parent: parentOf(talk, parent),
        timestamp: timeOf(talk, index),
      },
    }),
    conversation: (talk, messages) => [
      { type: 'session', harness: 'llama.app', id: talk.id, name: talk.title },
      ...flat([messages]),
    ],
    file: flat,
  },
  {
    id: 'llama-cpp',
    path: () => 'llama.json',
    isTree: true,
    message: (talk, index, parent) => ({
      ...plain(talk, index),
      convId: talk.id,
      type: 'text',
      parent: parentOf(talk, parent),
      timestamp: timeOf(talk, index),
    }),
    conversation: (talk, messages) => ({ conv: { id: talk.id, name: talk.title }, messages }),
    file: (conversations) => conversations,
  },
  {
    id: 'openai-preference',
    path: () => 'preference.jsonl',
    isLines: true,
    message: (talk, index) => ({ role: roleOf(index), content: textOf(talk, index) }),
    conversation: (talk, messages) => ({
      id: talk.id,
      input: { messages },
      preferred_output: [],
      non_preferred_output: [],
    }),
    file: (conversations) => conversations,
  },
  {
    id: 'openai-jsonl',
    path: () => 'fine-tuning.jsonl',
    isLines: true,
    message: plain,
    conversation: (talk, messages) => ({ id: talk.id, title: talk.title, messages }),
    file: (conversations) => conversations,
  },
  {
    id: 'openai-messages',
    path: () => 'messages.json',
    isAlone: true,
    message: plain,
    conversation: (_, messages) => messages,
    file: flat,
  },
  {
    id: 'sharegpt',
    path: () => 'sharegpt.json',
    message: (talk, index) => ({
      from: isPrompt(index) ? 'human' : 'gpt',
      value: textOf(talk, index),
    }),
    conversation: (talk, messages) => ({ id: talk.id, title: talk.title, conversations: messages }),
    file: (conversations) => conversations,
  },
];
