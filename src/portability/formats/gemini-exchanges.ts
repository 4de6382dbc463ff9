/** Exchanges of Gemini, which come one by one, as conversations. */
import { deriveSourceId } from '#domain/imported.ts';
import type { ImportedAttachment, ImportNote, ReadItem } from '#domain/imported.ts';
import { buildConversation } from './build-conversation.ts';
import type { MessageDraft } from './build-conversation.ts';
import { readEach } from './read-each.ts';

/** A conversation ends after this long without a prompt (FORMATS 2.3). */
const GEMINI_GAP_MS = 30 * 60_000;

/** One prompt and its answer. */
export interface GeminiExchange {
  readonly prompt: string;
  /** Markdown; empty when the file has none. */
  readonly answer: string;
  /** Epoch milliseconds; null when unknown. */
  readonly at: number | null;
  /** The conversations it belongs to; empty when the file does not say. */
  readonly conversationIds: readonly string[];
  readonly attachments: readonly ImportedAttachment[];
  readonly model: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly notes: ReadonlySet<ImportNote>;
}

/**
 * Conversations by the ids the exchanges name, and those without an id by time: a new one after a gap
 * of more than 30 minutes, with the note `grouped_by_time`.
 * @param exchanges Newest first, as Google writes them, where dates do not say otherwise.
 */
export function* buildExchanges(exchanges: readonly GeminiExchange[]): Iterable<ReadItem> {
  const ordered = sortByTime(exchanges);
  const named = new Map<string, GeminiExchange[]>();
  const unnamed: GeminiExchange[] = [];
  for (const exchange of ordered) {
    if (exchange.conversationIds.length === 0) unnamed.push(exchange);
    for (const id of exchange.conversationIds) {
      const list = named.get(id);
      if (list) list.push(exchange);
      else named.set(id, [exchange]);
    }
  }
  const groups = [
    ...[...named].map(([id, list]) => ({ id, list })),
    ...[...splitAtGaps(unnamed)].map((list) => ({ id: null, list })),
  ];
  yield* readEach(
    groups,
    ({ id, list }) => buildGroup(list, id),
    ({ list: [first] }) => first?.prompt ?? null,
  );
}

/** Oldest first; what has no date stays beside its neighbour in the file. */
function sortByTime(exchanges: readonly GeminiExchange[]): readonly GeminiExchange[] {
  let last = Number.NEGATIVE_INFINITY;
  return exchanges
    .toReversed()
    .map((exchange) => {
      last = exchange.at ?? last;
      return { exchange, at: last };
    })
    .sort((a, b) => (a.at === b.at ? 0 : a.at - b.at))
    .map(({ exchange }) => exchange);
}

function* splitAtGaps(exchanges: readonly GeminiExchange[]): Iterable<readonly GeminiExchange[]> {
  let group: GeminiExchange[] = [];
  let last: number | null = null;
  for (const exchange of exchanges) {
    if (last !== null && exchange.at !== null && exchange.at - last > GEMINI_GAP_MS) {
      yield group;
      group = [];
    }
    group.push(exchange);
    last = exchange.at ?? last;
  }
  if (group.length > 0) yield group;
}

function buildGroup(exchanges: readonly GeminiExchange[], id: string | null): ReadItem {
  const notes = new Set<ImportNote>(
    id === null ? ['grouped_by_time', 'ids_derived'] : ['ids_derived'],
  );
  for (const exchange of exchanges) for (const note of exchange.notes) notes.add(note);
  const [first] = exchanges;
  const dated = exchanges.find(({ at }) => at !== null)?.at ?? null;
  return buildConversation({
    source: 'gemini',
    // By its first exchange, so that it is the same one when it has grown in a newer export.
    sourceId: id ?? deriveSourceId('gemini', dated, first?.prompt ?? null, first?.answer ?? null),
    isSourceIdDerived: id === null,
    title: first ? titleOf(first) : null,
    messages: exchanges.flatMap((exchange, position) => toMessages(exchange, position)),
    shape: 'chain',
    notes,
  });
}

/** The first words of the first prompt: Gemini itself shows no more, and the files have no titles. */
function titleOf({ prompt }: GeminiExchange): string | null {
  const line = prompt.trimStart().split('\n', 1)[0]?.trim() ?? '';
  const characters = Array.from(line.slice(0, 400));
  const cut = characters.slice(0, 80).join('');
  return cut === '' ? null : characters.length > 80 ? `${cut}…` : cut;
}

function toMessages(exchange: GeminiExchange, position: number): readonly MessageDraft[] {
  const { prompt, answer, at, attachments, model, metadata } = exchange;
  // The time of an answer is not told: it stands just after its prompt.
  const ids = ['user', 'assistant'].map((role) =>
    deriveSourceId('gemini', role, role === 'user' ? prompt : answer, at ?? position),
  );
  return [
    {
      role: 'user',
      content: prompt,
      timestamp: at,
      attachments,
      metadata,
      sourceId: ids[0] ?? '',
      isSourceIdDerived: true,
    },
    {
      role: 'assistant',
      content: answer,
      timestamp: at === null ? null : at + 1,
      modelUsed: model,
      sourceId: ids[1] ?? '',
      isSourceIdDerived: true,
    },
  ];
}
