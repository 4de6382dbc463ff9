/** Looks up what a step says by names and ids; see [Note: Why a step is packed] in packed-step.ts. */
import { joinColumns } from './packed-step.ts';
import type { PackedStep } from './packed-step.ts';
import { packKeys } from './unit-keys.ts';
import { toFlags, unitKey } from './unit-table.ts';
import type { Group, Step, Unit, UnitTable } from './unit-table.ts';

/** The step as numbers of the table, which stays as it is and is to be given it next. */
export function packStep(table: UnitTable, step: Step): PackedStep {
  const { groups, goneGroupIds, removed, units, lengths } = step;
  const groupNumberOf = numberGroups(table, groups, goneGroupIds);
  const models: string[] = [];
  const modelNumbers = new Map<string, number>();
  const modelNumberOf = (model: string | null): number => {
    if (model === null) return 0;
    const known = table.numberOfModel(model) ?? modelNumbers.get(model);
    if (known !== undefined) return known;
    const number = table.nextModelNumber(models.length);
    models.push(model);
    modelNumbers.set(model, number);
    return number;
  };
  const keys = packKeys(units.map(unitKey));
  const groupNumbers = Uint32Array.from(units, ({ groupId }) => groupNumberOf(groupId));
  const isJoint = (unit: Unit, at: number): boolean => {
    const last = table.unitCount - 1;
    const before = units[at - 1] ?? (last >= 0 ? table.unit(last) : undefined);
    const isOfSame = groupNumbers[at] === (groupNumbers[at - 1] ?? table.groupNumber(last));
    return isOfSame && goesOn(unit, before);
  };
  return {
    groups,
    goneGroupIds,
    models,
    dead: findDying(table, step),
    isRemoval: goneGroupIds.length + removed.length > 0,
    unitCount: units.length,
    columns: joinColumns({
      times: Float64Array.from(units, ({ timestamp }) => timestamp),
      lengths: Uint32Array.from(units, (_unit, at) => lengths[at] ?? 0),
      groups: groupNumbers,
      keyLengths: keys.lengths,
      models: Uint16Array.from(units, ({ model }) => modelNumberOf(model)),
      flags: Uint8Array.from(units, (unit, at) => toFlags(unit, isJoint(unit, at))),
      keys: keys.bytes,
    }),
  };
}

/** The numbers that groups have with the step; 0 for one that is not there. */
function numberGroups(
  table: UnitTable,
  groups: readonly Group[],
  goneGroupIds: readonly string[],
): (id: string) => number {
  const added = new Map<string, number>();
  for (const { id } of groups) {
    if (table.numberOfGroup(id) === undefined && !added.has(id)) {
      added.set(id, table.groups.length + added.size);
    }
  }
  const gone = new Set(goneGroupIds);
  return (id) => (gone.has(id) ? 0 : (added.get(id) ?? table.numberOfGroup(id) ?? 0));
}

/** Units that are gone with their groups, by themselves, or because another of their key follows. */
function findDying(table: UnitTable, { goneGroupIds, removed, units }: Step): readonly number[] {
  const dying = new Set<number>();
  const goneGroups = new Set(goneGroupIds.map((id) => table.numberOfGroup(id)));
  if (goneGroups.size > 0) {
    for (let unit = 0; unit < table.unitCount; unit += 1) {
      if (table.isAlive(unit) && goneGroups.has(table.groupNumber(unit))) dying.add(unit);
    }
  }
  const replaced = new Map<string, number>();
  const replace = (key: string): void => {
    const unit = replaced.get(key) ?? table.find(key);
    if (unit !== undefined) dying.add(unit);
  };
  removed.forEach(replace);
  for (const [at, unit] of units.entries()) {
    const key = unitKey(unit);
    replace(key);
    replaced.set(key, table.unitCount + at);
  }
  return [...dying];
}

/** Whether it is a passage, and the one before it the passage before it. Ids end with their place. */
function goesOn(unit: Unit, before: Unit | undefined): boolean {
  if (unit.kind !== 'passage' || before?.kind !== 'passage') return false;
  const placeOf = (id: string): number => Number(id.slice(id.lastIndexOf('.') + 1));
  return placeOf(unit.id) === placeOf(before.id) + 1;
}
