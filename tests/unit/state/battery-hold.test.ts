import { expect, test } from 'vitest';
import { LOW_BATTERY_LOCK } from '#domain/lock-names.ts';
import { holdWhileLow } from '#state/battery-hold.ts';

class TestBattery extends EventTarget {
  charging = false;
  level = 1;
  set(changes: { charging?: boolean; level?: number }): void {
    Object.assign(this, changes);
    this.dispatchEvent(new Event('charging' in changes ? 'chargingchange' : 'levelchange'));
  }
}

test('the lock is held while the battery is low and not charging', async () => {
  const battery = new TestBattery();
  holdWhileLow(battery);
  const held = async () => {
    const { held: all = [] } = await navigator.locks.query();
    return all.filter(({ name }) => name === LOW_BATTERY_LOCK).length;
  };
  expect(await held()).toBe(0);
  battery.set({ level: 0.15 });
  await expect.poll(held).toBe(1);
  // A second page of the same battery holds it beside.
  const other = new TestBattery();
  other.level = 0.15;
  holdWhileLow(other);
  await expect.poll(held).toBe(2);
  battery.set({ charging: true });
  await expect.poll(held).toBe(1);
  other.set({ level: 0.9 });
  await expect.poll(held).toBe(0);
});
