/** What the filters of a query let through. */
import { foldText } from '#domain/fold-text.ts';
import { readDay } from '#domain/search-query.ts';
import type { SearchQuery } from '#domain/search-query.ts';
import type { Group, UnitTable } from './unit-table.ts';

/** Whether a unit may be found at all. The trash only where it is asked for. */
export function createFilter(
  table: UnitTable,
  filters: SearchQuery['filters'],
): (unit: number) => boolean {
  const values = (key: string): readonly string[] =>
    filters.filter((filter) => filter.key === key).map(({ value }) => foldText(value));
  const [roles, models, tags, sources] = ['role', 'model', 'tag', 'source'].map(values) as [
    readonly string[],
    readonly string[],
    readonly string[],
    readonly string[],
  ];
  const states = values('is');
  const isAttachmentWanted = values('has').includes('attachment');
  const before = Math.min(...values('before').map((value) => readDay(value)?.start ?? Infinity));
  const after = Math.max(...values('after').map((value) => readDay(value)?.start ?? -Infinity));
  const isOfMessages = roles.length > 0 || models.length > 0 || isAttachmentWanted;
  const groupPasses = new Map<Group, boolean>();
  const modelNames = new Set(models.length > 0 ? [...table.readNames().models].map(foldText) : []);
  /** A whole name means that model, and not those whose names begin with it; a part means all that have it. */
  const isModel = (model: string, wanted: string): boolean =>
    modelNames.has(wanted) ? model === wanted : model.includes(wanted);

  function passesGroup(group: Group): boolean {
    const known = groupPasses.get(group);
    if (known !== undefined) return known;
    const groupTags = group.tags.map(foldText);
    const isStatus = states.includes('deleted')
      ? group.status === 'deleted'
      : states.includes('archived')
        ? group.status === 'archived'
        : group.status !== 'deleted';
    const passes =
      isStatus &&
      (!states.includes('pinned') || group.isPinned) &&
      tags.every((tag) => groupTags.includes(tag)) &&
      (sources.length === 0 || sources.includes(foldText(group.source)));
    groupPasses.set(group, passes);
    return passes;
  }

  return (unit) => {
    const group = table.groupOf(unit);
    if (!group || !passesGroup(group)) return false;
    if (isOfMessages && table.kind(unit) !== 'message') return false;
    const time = table.timeOf(unit);
    if (time >= before || time < after) return false;
    if (isAttachmentWanted && !table.hasAttachment(unit)) return false;
    if (roles.length > 0 && !roles.includes(asFilterRole(table.role(unit)))) return false;
    if (models.length === 0) return true;
    const model = foldText(table.model(unit) ?? '');
    return model !== '' && models.some((each) => isModel(model, each));
  };
}

const asFilterRole = (role: string): string => (role === 'function' ? 'tool' : role);
