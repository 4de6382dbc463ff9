import { createImportedMessage } from '#domain/imported.ts';
import type { ImportedMessage } from '#domain/imported.ts';
import { readChatgptTurn } from './chatgpt-message.ts';
import type { ChatgptTurn } from './chatgpt-message.ts';
import type { ReadContext } from './format.ts';
import type { NoteSet } from './read-said.ts';
import { asArray, member, orderTree, takeObject } from './read-value.ts';
import type { JsonObject } from './read-value.ts';
import { joinParagraphs } from './compose-markdown.ts';

/** The messages of a mapping, and where its nodes that are no messages lead. */
export interface ChatgptTree {
  /** Parents before children; linked to the nearest kept message. */
  readonly messages: readonly ImportedMessage[];
  /** The message a node is, or the nearest kept one above it; undefined for a node that is not there. */
  keptIdOf(key: string): string | null | undefined;
}

/** Thoughts waiting for their answer, newest first. */
interface Thought {
  readonly message: ImportedMessage;
  readonly before: Thought | null;
}

interface Place {
  /** The nearest kept message at or above the node. */
  readonly keptId: string | null;
  readonly waiting: Thought | null;
}

const TOP: Place = { keptId: null, waiting: null };

/**
 * Reads a mapping. Nodes without a message are left out and their children linked to the nearest kept
 * message above; thoughts go to the next shown answer below them, once, and stay messages of their own
 * where no answer follows.
 */
export function readChatgptTree(
  mapping: JsonObject,
  notes: NoteSet,
  context: ReadContext,
): ChatgptTree {
  const turns = new Map<string, ChatgptTurn>();
  const nodes = readNodes(mapping, notes).map(({ key, parent, value }) => {
    if (value) turns.set(key, readChatgptTurn({ key, parent }, value, notes, context));
    return createImportedMessage({
      sourceId: key,
      parentSourceId: parent,
      role: 'system',
      content: '',
    });
  });
  const ordered = orderTree(nodes);
  if (ordered.isRepaired) notes.add('tree_repaired');
  const { placeByKey, handedById, taken } = handOverThoughts(ordered.messages, turns);
  const messages: ImportedMessage[] = [];
  for (const { sourceId, parentSourceId } of ordered.messages) {
    const turn = turns.get(sourceId);
    if (!turn || taken.has(sourceId) || isEmptyThought(turn)) continue;
    messages.push({
      ...turn.message,
      parentSourceId: placeOf(placeByKey, parentSourceId).keptId,
      ...handedById.get(sourceId),
    });
  }
  const kept = new Set(messages.map(({ sourceId }) => sourceId));
  return {
    messages,
    keptIdOf: (key) => (kept.has(key) ? key : placeByKey.get(key)?.keptId),
  };
}

/** What it found without a word is part of the answer that followed, if one did. */
function isEmptyThought({ kind, message }: ChatgptTurn): boolean {
  return kind === 'reasoning' && message.reasoning === null;
}

interface Node {
  readonly key: string;
  readonly parent: string | null;
  /** Its message; a node that begins or joins others has none. */
  readonly value: JsonObject | undefined;
}

/** A parent that the node names and that is there counts; else the node that lists it as a child. */
function readNodes(mapping: JsonObject, notes: NoteSet): readonly Node[] {
  const entries = Object.entries(mapping);
  const listedBy = new Map<string, string>();
  for (const [key, node] of entries) {
    for (const child of asArray(member(node, 'children'))) {
      if (typeof child === 'string' && !listedBy.has(child)) listedBy.set(child, key);
    }
  }
  return entries.map(([key, node]) => {
    const named = member(node, 'parent');
    const isThere = typeof named === 'string' && Object.hasOwn(mapping, named);
    const dangling = typeof named === 'string' && named !== '' ? named : null;
    const parent = isThere ? named : (listedBy.get(key) ?? dangling);
    const value = takeObject(member(takeObject(node, notes), 'message'), notes);
    return { key, parent, value };
  });
}

function handOverThoughts(
  ordered: readonly ImportedMessage[],
  turns: ReadonlyMap<string, ChatgptTurn>,
): {
  placeByKey: ReadonlyMap<string, Place>;
  handedById: ReadonlyMap<string, Partial<ImportedMessage>>;
  taken: ReadonlySet<string>;
} {
  const placeByKey = new Map<string, Place>();
  const handedById = new Map<string, Partial<ImportedMessage>>();
  const taken = new Set<string>();
  for (const { sourceId, parentSourceId } of ordered) {
    const above = placeOf(placeByKey, parentSourceId);
    const turn = turns.get(sourceId);
    if (!turn) placeByKey.set(sourceId, above);
    else if (turn.kind === 'reasoning') {
      placeByKey.set(sourceId, {
        ...above,
        waiting: { message: turn.message, before: above.waiting },
      });
    } else {
      const isAnswer = turn.message.role === 'assistant' && !turn.message.metadata['hidden'];
      if (isAnswer) handedById.set(sourceId, takeThoughts(above.waiting, turn.message, taken));
      const isPassedOn = !isAnswer && turn.message.role !== 'user';
      placeByKey.set(sourceId, { keptId: sourceId, waiting: isPassedOn ? above.waiting : null });
    }
  }
  return { placeByKey, handedById, taken };
}

/**
 * What an answer gets of the thoughts that wait for one. What one took is gone for its siblings: a
 * hostile file could otherwise multiply its text.
 */
function takeThoughts(
  waiting: Thought | null,
  { reasoning: own, parts }: ImportedMessage,
  taken: Set<string>,
): Pick<ImportedMessage, 'reasoning' | 'parts'> {
  const thoughts: ImportedMessage[] = [];
  for (let thought = waiting; thought; thought = thought.before) {
    if (taken.has(thought.message.sourceId)) break;
    taken.add(thought.message.sourceId);
    thoughts.push(thought.message);
  }
  thoughts.reverse();
  const reasoning = joinParagraphs(thoughts.map((thought) => thought.reasoning));
  return {
    reasoning: reasoning === '' ? own : reasoning,
    parts: [...thoughts.flatMap((thought) => thought.parts), ...parts],
  };
}

function placeOf(placeByKey: ReadonlyMap<string, Place>, key: string | null): Place {
  return (key === null ? undefined : placeByKey.get(key)) ?? TOP;
}
