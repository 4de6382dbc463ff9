import { expect, onTestFinished, test } from 'vitest';
import { readHeldLocks, tryHoldAnswerLock } from '#db/locks.ts';
import { toConversationId } from '#domain/ids.ts';
import { LOW_BATTERY_LOCK } from '#domain/lock-names.ts';
import type { SearchAnswer } from '#search/search-messages.ts';
import { holdWhileLow } from '#state/battery-hold.ts';
import { openForTest } from '../db/fresh-database.ts';
import { addRows, conversationOf, startTestClient } from './support.ts';

/** What pages hold while an answer is written. @returns what lets it go */
async function holdAnswer(): Promise<() => void> {
  const release = await tryHoldAnswerLock(toConversationId('another'));
  if (!release) throw new Error('the lock is held');
  return release;
}

/** What pages hold while the battery is nearly empty. @returns what charges it */
async function holdBattery(): Promise<() => void> {
  const battery = Object.assign(new EventTarget(), { charging: false, level: 0.1 });
  holdWhileLow(battery);
  await expect.poll(async () => (await readHeldLocks(LOW_BATTERY_LOCK)).length).toBe(1);
  return () => {
    battery.charging = true;
    battery.dispatchEvent(new Event('chargingchange'));
  };
}

test.each([
  ['an answer is being written', 'waiting', holdAnswer],
  ['the battery is nearly empty', 'saving-power', holdBattery],
])('while %s the indexing waits, and goes on by itself', async (_name, phase, hold) => {
  const db = await openForTest();
  await addRows(db, conversationOf('cat', ['My cat refuses to eat since yesterday']));
  const release = await hold();
  onTestFinished(release);
  const client = startTestClient(db);
  const phases: string[] = [];
  onTestFinished(client.watchStatus(({ meaning }) => phases.push(meaning.phase)));
  async function find(): Promise<readonly string[]> {
    let last: SearchAnswer | undefined;
    const request = { kind: 'near', text: '고양이가 밥을 안 먹어요', limit: 1 } as const;
    await client.ask(
      { ...request, leastCosine: 0.3, isInPassing: false },
      (answer) => (last = answer),
    );
    return last?.kind === 'near' ? last.groups.map(({ id }) => id) : ['no answer'];
  }
  expect(await find()).toEqual([]);
  await expect.poll(() => phases.at(-1)).toBe(phase);
  expect(await find()).toEqual([]);
  expect(phases).not.toContain('ready');

  release();
  await expect.poll(() => phases.at(-1)).toBe('ready');
  expect(await find()).toEqual(['cat']);
});
