/**
 * A ChatGPT export of any size, piece by piece, so that making it takes no more memory than reading
 * it. Deterministic: the same options give the same bytes.
 */
export interface GeneratedExportOptions {
  /** About how many bytes the JSON has. */
  readonly sizeBytes: number;
  readonly messagesPerConversation?: number;
  /** Message text in characters. */
  readonly messageLength?: number;
}

const WORDS =
  'the jar is fired slowly and breathes 옹기는 숨을 쉬는 그릇이다 so the paste ferments well "quoted" and\nnew lines 🏺 a-b-c '.repeat(
    40,
  );

/** The JSON text of `conversations.json`, one conversation a piece. */
export function* generateChatgptExport({
  sizeBytes,
  messagesPerConversation = 16,
  messageLength = 1600,
}: GeneratedExportOptions): Generator<string> {
  const encoder = new TextEncoder();
  let written = 0;
  for (let index = 0; written < sizeBytes; index += 1) {
    const conversation = createConversation(index, messagesPerConversation, messageLength);
    const piece = (index === 0 ? '[' : ',') + JSON.stringify(conversation);
    written += encoder.encode(piece).length;
    yield piece;
  }
  yield ']';
}

/** The same as a Blob, which the browser may keep outside of the heap. */
export function createChatgptExport(options: GeneratedExportOptions): Blob {
  const parts: Blob[] = [];
  let waiting: string[] = [];
  for (const piece of generateChatgptExport(options)) {
    waiting.push(piece);
    if (waiting.length < 200) continue;
    parts.push(new Blob(waiting));
    waiting = [];
  }
  return new Blob([...parts, ...waiting], { type: 'application/json' });
}

function createConversation(index: number, messageCount: number, messageLength: number) {
  const at = 1_700_000_000 + index * 3600;
  const mapping: Record<string, unknown> = { root: { id: 'root', parent: null, message: null } };
  let parent = 'root';
  for (let place = 0; place < messageCount; place += 1) {
    const id = `${index}-${place}`;
    const start = (index * 31 + place * 97) % 2000;
    mapping[id] = {
      id,
      parent,
      message: {
        id,
        author: { role: place % 2 === 0 ? 'user' : 'assistant', metadata: {} },
        create_time: at + place * 20.5,
        content: {
          content_type: 'text',
          parts: [`${id} ${WORDS.slice(start, start + messageLength)}`],
        },
        status: 'finished_successfully',
        metadata: place % 2 === 0 ? {} : { model_slug: 'gpt-4o', finish_details: { type: 'stop' } },
      },
    };
    parent = id;
  }
  return {
    id: `conversation-${index}`,
    title: `Conversation ${index}`,
    create_time: at,
    update_time: at + messageCount * 21,
    mapping,
    current_node: parent,
  };
}
