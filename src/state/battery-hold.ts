import { tryHold } from '#db/locks.ts';
import { LOW_BATTERY_LOCK } from '#domain/lock-names.ts';

/** What browsers that tell it say of the battery (W3C Battery Status API). */
export interface Battery extends EventTarget {
  readonly charging: boolean;
  /** 0 to 1. */
  readonly level: number;
}

/** Below this and not charging, work in the background waits. */
const LOW_LEVEL = 0.2;

/** Holds a lock while the battery is nearly empty, by which background work of all tabs waits. */
export function holdWhileLow(battery: Battery): void {
  let letGo: Promise<(() => void) | undefined> | undefined;
  const look = (): void => {
    const isLow = !battery.charging && battery.level < LOW_LEVEL;
    if (isLow === (letGo !== undefined)) return;
    void letGo?.then((release) => release?.());
    // Shared: another tab sees the same battery. Without it the work just goes on.
    letGo = isLow
      ? tryHold(LOW_BATTERY_LOCK, { mode: 'shared' }).catch(() => undefined)
      : undefined;
  };
  battery.addEventListener('chargingchange', look);
  battery.addEventListener('levelchange', look);
  look();
}

/** The battery of this device; undefined where the browser does not tell. */
export async function readBattery(): Promise<Battery | undefined> {
  const told = navigator as Navigator & { readonly getBattery?: () => Promise<Battery> };
  return told.getBattery?.().catch(() => undefined);
}
