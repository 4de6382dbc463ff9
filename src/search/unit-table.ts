/**
 * What the index knows of every text besides its bytes, in memory: which message it is, of which
 * conversation, when, by whom. Columns and not objects: 100,000 messages take some 7 MB.
 */
import type { ConversationStatus } from '#domain/conversation.ts';
import type { Role } from '#domain/message.ts';
import { bytesOf, widened } from './columns.ts';
import { splitColumns } from './packed-step.ts';
import type { Columns, PackedStep } from './packed-step.ts';
import { UnitKeys } from './unit-keys.ts';

/** A conversation or a document: what results are grouped by. */
export interface Group {
  readonly kind: 'conversation' | 'document';
  readonly id: string;
  readonly title: string;
  readonly status: ConversationStatus;
  readonly source: string;
  readonly tags: readonly string[];
  readonly isPinned: boolean;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** While an index is built: not all of its messages are in it yet. */
  readonly isPartial?: true;
}

/** What a text is: a title, a message with its feedback and the names of its files, a passage. */
export const UNIT_KINDS = ['title', 'message', 'passage'] as const;
export type UnitKind = (typeof UNIT_KINDS)[number];

const ROLES: readonly Role[] = ['user', 'assistant', 'system', 'function', 'tool'];

/** One text of the index, without the text. */
export interface Unit {
  readonly kind: UnitKind;
  /** Of the message or passage; for a title that of its group. Unique with the kind. */
  readonly id: string;
  readonly groupId: string;
  readonly role: Role;
  readonly hasAttachment: boolean;
  readonly timestamp: number;
  readonly model: string | null;
}

/** The change of one step: groups first, then units. See `packStep` for what the log is told. */
export interface Step {
  readonly groups: readonly Group[];
  readonly goneGroupIds: readonly string[];
  /** Keys of units that are gone or replaced; see {@link unitKey}. */
  readonly removed: readonly string[];
  readonly units: readonly Unit[];
  /** Bytes of each of `units`, with the zero byte that ends it. */
  readonly lengths: readonly number[];
}

export const unitKey = ({ kind, id }: Pick<Unit, 'kind' | 'id'>): string => kind.charAt(0) + id;

/** A stretch of whole units that is read and scanned at once. */
export interface Block {
  readonly firstUnit: number;
  unitCount: number;
  readonly start: number;
  length: number;
  /** Passages of it that go on where the unit before them ends, which may be the last of the block before. */
  readonly joints: number[];
}

/** A block is closed when it has so many bytes or units; one long text alone may be longer. */
const BLOCK_BYTES = 4 * 1024 * 1024;
const BLOCK_UNITS = 65_536;

const KIND_BITS = 3;
const ROLE_SHIFT = 2;
const JOINT_BIT = 1 << 5;
const ATTACHMENT_BIT = 1 << 6;
const TITLE = UNIT_KINDS.indexOf('title');
/** By how much columns grow when they are full. */
const GROWTH = 1.5;
/** Numbers of models have 16 bits; whatever comes later shares the last. */
const MOST_MODELS = 65_536;

/** A unit's kind, role and attachment in a byte, and whether it goes on where the one before it ends. */
export function toFlags({ kind, role, hasAttachment }: Unit, isJoint: boolean): number {
  return (
    UNIT_KINDS.indexOf(kind) |
    (Math.max(0, ROLES.indexOf(role)) << ROLE_SHIFT) |
    (isJoint ? JOINT_BIT : 0) |
    (hasAttachment ? ATTACHMENT_BIT : 0)
  );
}

export class UnitTable {
  readonly groups: Group[] = [];
  readonly blocks: Block[] = [];
  /** Ids of units with the first letter of their kind, by number. */
  readonly #keys = new UnitKeys((unit) => this.isAlive(unit));
  #groupById = new Map<string, number>();
  #models: (string | null)[] = [null];
  #modelNumber = new Map<string | null, number>([[null, 0]]);
  #starts = new Uint32Array(1025);
  #groupOf = new Uint32Array(1024);
  #times = new Float64Array(1024);
  #flags = new Uint8Array(1024);
  #model = new Uint16Array(1024);
  #alive = new Uint8Array(1024);
  /** Units that are dead and whose text was not overwritten, rising but for replaced ones. */
  unexpungedUnits: number[] = [];
  /** Groups that are gone and whose names were not overwritten in the log. */
  readonly unexpungedGroups = new Set<string>();
  /** Whether one of these is of a row that is gone, and not of one that was written anew. */
  isExpungeDue = false;
  /** Bytes of the text, dead ones too. */
  byteLength = 0;
  deadBytes = 0;
  /** Units that can be found, of any kind; and those that are messages or passages. */
  aliveCount = 0;
  aliveMessageCount = 0;

  get unitCount(): number {
    return this.#keys.count;
  }

  /** Where units begin: unit `n` takes `[starts[n], starts[n + 1])`. */
  get starts(): Uint32Array {
    return this.#starts;
  }

  groupNumber(unit: number): number {
    return this.#groupOf[unit] ?? 0;
  }

  groupOf(unit: number): Group | undefined {
    return this.groups[this.groupNumber(unit)];
  }

  isAlive(unit: number): boolean {
    return this.#alive[unit] === 1;
  }

  timestamp(unit: number): number {
    return this.#times[unit] ?? 0;
  }

  /** When it was written; of a title when its conversation was used last, not when it got the name. */
  timeOf(unit: number): number {
    const group = this.kind(unit) === 'title' ? this.groupOf(unit) : undefined;
    return group?.updatedAt ?? this.timestamp(unit);
  }

  kind(unit: number): UnitKind {
    return UNIT_KINDS[(this.#flags[unit] ?? 0) & KIND_BITS] ?? 'message';
  }

  role(unit: number): Role {
    return ROLES[((this.#flags[unit] ?? 0) >> ROLE_SHIFT) & 7] ?? 'user';
  }

  hasAttachment(unit: number): boolean {
    return ((this.#flags[unit] ?? 0) & ATTACHMENT_BIT) !== 0;
  }

  model(unit: number): string | null {
    return this.#models[this.#model[unit] ?? 0] ?? null;
  }

  /** Models that answered and places conversations came from, of what is there and not in the trash. */
  readNames(): { readonly models: ReadonlySet<string>; readonly sources: ReadonlySet<string> } {
    const [models, sources] = [new Set<string>(), new Set<string>()];
    for (let unit = 0; unit < this.unitCount; unit += 1) {
      const group = this.isAlive(unit) ? this.groupOf(unit) : undefined;
      if (!group || group.status === 'deleted') continue;
      sources.add(group.source);
      const model = this.model(unit);
      if (model !== null) models.add(model);
    }
    return { models, sources };
  }

  id(unit: number): string {
    return this.#keys.key(unit).slice(1);
  }

  byteLengthOf(unit: number): number {
    return (this.#starts[unit + 1] ?? 0) - (this.#starts[unit] ?? 0);
  }

  find(key: string): number | undefined {
    return this.#keys.find(key);
  }

  group(id: string): Group | undefined {
    const number = this.#groupById.get(id);
    return number === undefined ? undefined : this.groups[number];
  }

  numberOfGroup(id: string): number | undefined {
    return this.#groupById.get(id);
  }

  numberOfModel(model: string | null): number | undefined {
    return this.#modelNumber.get(model);
  }

  /** The number that a new model gets, when so many others come before it. */
  nextModelNumber(before: number): number {
    return Math.min(this.#models.length + before, MOST_MODELS - 1);
  }

  /** The whole unit; what `packStep` was given. */
  unit(number: number): Unit {
    return {
      kind: this.kind(number),
      id: this.id(number),
      groupId: this.groupOf(number)?.id ?? '',
      role: this.role(number),
      hasAttachment: this.hasAttachment(number),
      timestamp: this.timestamp(number),
      model: this.model(number),
    };
  }

  /** Makes room for so many more units with so many bytes of keys. */
  reserve(unitCount: number, keyBytes: number): void {
    this.#keys.reserve(unitCount, keyBytes);
    this.#widen(this.unitCount + unitCount);
  }

  /** Takes a step in that was packed for what is in the table now. */
  apply(step: PackedStep): void {
    for (const group of step.groups) this.#putGroup(group);
    for (const id of step.goneGroupIds) this.#forgetGroup(id);
    for (const model of step.models) this.#putModel(model);
    if (step.isRemoval) this.isExpungeDue = true;
    if (step.unitCount > 0) this.#add(step.unitCount, splitColumns(step));
    for (const unit of step.dead) this.#kill(unit);
  }

  /** Nothing is left of what is dead up to now. */
  forgetDead(): void {
    this.unexpungedUnits = [];
    this.unexpungedGroups.clear();
    this.isExpungeDue = false;
  }

  #putGroup(group: Group): void {
    const number = this.#groupById.get(group.id) ?? this.groups.length;
    this.#groupById.set(group.id, number);
    this.groups[number] = group;
  }

  #forgetGroup(id: string): void {
    if (this.#groupById.delete(id)) this.unexpungedGroups.add(id);
  }

  #putModel(model: string): void {
    const number = this.nextModelNumber(0);
    this.#models[number] = model;
    this.#modelNumber.set(model, number);
  }

  #kill(unit: number): void {
    if (this.#alive[unit] !== 1) return;
    this.#alive[unit] = 0;
    this.unexpungedUnits.push(unit);
    this.deadBytes += this.byteLengthOf(unit);
    this.aliveCount -= 1;
    if (this.kind(unit) !== 'title') this.aliveMessageCount -= 1;
  }

  #add(count: number, columns: Columns): void {
    const first = this.unitCount;
    const end = first + count;
    if (end > this.#groupOf.length) this.#widen(Math.max(end, Math.ceil(first * GROWTH)));
    bytesOf(this.#groupOf.subarray(first, end)).set(columns.groups);
    bytesOf(this.#times.subarray(first, end)).set(columns.times);
    bytesOf(this.#model.subarray(first, end)).set(columns.models);
    this.#flags.set(columns.flags, first);
    this.#alive.fill(1, first, end);
    this.#keys.add(count, columns.keyLengths, columns.keys);
    // Lengths lie where the ends of units are to be.
    const starts = this.#starts;
    bytesOf(starts.subarray(first + 1, end + 1)).set(columns.lengths);
    for (let unit = first; unit < end; unit += 1) {
      const byteLength = starts[unit + 1] ?? 0;
      const flags = this.#flags[unit] ?? 0;
      this.#addToBlock(unit, byteLength, (flags & JOINT_BIT) !== 0);
      this.byteLength += byteLength;
      starts[unit + 1] = this.byteLength;
      if ((flags & KIND_BITS) !== TITLE) this.aliveMessageCount += 1;
    }
    this.aliveCount += count;
  }

  #addToBlock(unit: number, byteLength: number, isJoint: boolean): void {
    const last = this.blocks.at(-1);
    const isRoom = last && last.length + byteLength <= BLOCK_BYTES && last.unitCount < BLOCK_UNITS;
    if (isRoom) {
      last.length += byteLength;
      last.unitCount += 1;
    } else {
      this.blocks.push({
        firstUnit: unit,
        unitCount: 1,
        start: this.byteLength,
        length: byteLength,
        joints: [],
      });
    }
    if (isJoint) this.blocks.at(-1)?.joints.push(unit);
  }

  #widen(size: number): void {
    if (size <= this.#groupOf.length) return;
    this.#starts = widened(this.#starts, new Uint32Array(size + 1));
    this.#groupOf = widened(this.#groupOf, new Uint32Array(size));
    this.#times = widened(this.#times, new Float64Array(size));
    this.#flags = widened(this.#flags, new Uint8Array(size));
    this.#model = widened(this.#model, new Uint16Array(size));
    this.#alive = widened(this.#alive, new Uint8Array(size));
  }
}
