import { expect, onTestFinished, test, vi } from 'vitest';
import { readMaintenanceRuns } from '#db/maintenance-runs.ts';
import { MAINTENANCE_INTERVAL_MS } from '#domain/maintenance.ts';
import { MaintenanceKeeper } from '#state/maintenance-keeper.ts';
import { openMaintenance } from '../maintenance/support.ts';

async function openKeeper() {
  const { db, clock, maintenance } = await openMaintenance();
  const busy = { now: false };
  const looks = { count: 0 };
  const keeper = new MaintenanceKeeper(maintenance, clock, () => {
    looks.count += 1;
    return busy.now;
  });
  const countRuns = async () => (await readMaintenanceRuns(db, Infinity, 50)).length;
  return { db, clock, maintenance, busy, looks, keeper, countRuns };
}

test('runs at the first look, and then once a day', async () => {
  const { clock, keeper, countRuns } = await openKeeper();
  await keeper.look();
  await keeper.look();
  expect(await countRuns()).toBe(1);
  clock.now += MAINTENANCE_INTERVAL_MS - 1;
  await keeper.look();
  expect(await countRuns()).toBe(1);
  clock.now += 1;
  await keeper.look();
  expect(await countRuns()).toBe(2);
});

test('waits while something runs', async () => {
  const { busy, keeper, countRuns } = await openKeeper();
  busy.now = true;
  await keeper.look();
  expect(await countRuns()).toBe(0);
  busy.now = false;
  await keeper.look();
  expect(await countRuns()).toBe(1);
});

test('a run by hand does not put off the one by itself', async () => {
  const { db, maintenance, keeper } = await openKeeper();
  await maintenance.run('by-hand');
  await keeper.look();
  const kinds = (await readMaintenanceRuns(db, Infinity, 50)).map(({ kind }) => kind);
  expect(kinds.sort()).toEqual(['by-hand', 'scheduled']);
});

test('runs again after a clock that was years ahead came back', async () => {
  const { clock, keeper, countRuns } = await openKeeper();
  const now = clock.now;
  clock.now += 10 * 365 * MAINTENANCE_INTERVAL_MS;
  await keeper.look();
  clock.now = now;
  await keeper.look();
  expect(await countRuns()).toBe(2);
});

test('of two tabs that look at once one runs', async () => {
  const { clock, maintenance, keeper, countRuns } = await openKeeper();
  const other = new MaintenanceKeeper(maintenance, clock, () => false);
  await Promise.all([keeper.look(), other.look()]);
  expect(await countRuns()).toBe(1);
});

test('once started it looks when the page is idle, and again from time to time', async () => {
  const { busy, looks, keeper, countRuns } = await openKeeper();
  const ticks: (() => void)[] = [];
  const every = vi.spyOn(globalThis, 'setInterval').mockImplementation((tick) => {
    ticks.push(tick);
    return 0 as never;
  });
  onTestFinished(() => every.mockRestore());
  busy.now = true;
  keeper.start();
  await vi.waitFor(() => expect(looks.count).toBe(1));
  busy.now = false;
  for (const tick of ticks) tick();
  await vi.waitFor(async () => expect(await countRuns()).toBe(1));
  expect(looks.count).toBe(2);
});
