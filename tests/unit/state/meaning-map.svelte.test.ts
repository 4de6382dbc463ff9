import { expect, onTestFinished, test } from 'vitest';
import { OnggiError } from '#domain/errors.ts';
import { createUserSettings } from '#domain/user-settings.ts';
import type { SearchWork } from '#state/lazy-search.ts';
import { MeaningMap } from '#state/meaning-map.svelte.ts';

test('a failed map is begun anew by the person, and drawn', async () => {
  const asked: string[] = [];
  let isMended = false;
  const work: SearchWork = {
    watchStatus: () => () => undefined,
    ask(request, onAnswer) {
      asked.push(request.kind);
      if (request.kind === 'rechoose') isMended = true;
      else if (!isMended) return Promise.reject(new OnggiError('model/unreachable', 'no network'));
      else onAnswer({ kind: 'map', points: [] });
      return Promise.resolve();
    },
  };
  const settings = { value: createUserSettings('en', 0), update: () => Promise.resolve() };
  const map = new MeaningMap(work, settings);
  onTestFinished(map.follow());
  await expect.poll(() => map.status?.errorCode).toBe('model/unreachable');
  await map.draw();
  expect(map.status?.errorCode).toBe('model/unreachable');
  await map.again();
  expect(asked).toEqual(['map', 'map', 'rechoose', 'map']);
  expect(map.status?.phase).not.toBe('failed');
  expect(map.points).toEqual([]);
});
