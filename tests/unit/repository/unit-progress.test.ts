import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import UnitProgress, { PROGRESS_FILE } from '../../../scripts/unit-progress.mjs';

test('says which files of a run have begun and not ended, and where they stand', () => {
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'onggi-progress-')), 'progress.txt');
  vi.stubEnv(PROGRESS_FILE, file);
  const lines = () => readFileSync(file, 'utf8').split('\n');
  const browser = { name: 'browser' };
  const [a, b, c] = ['/a.test.ts', '/b.test.ts', '/c.test.ts'].map((moduleId) => ({
    moduleId,
    project: browser,
  }));
  if (!a || !b || !c) throw new Error('three files');
  const progress = new UnitProgress();
  progress.onTestRunStart([a, b, c]);
  expect(lines()).toEqual(['files not begun: 3']);
  progress.onTestModuleQueued(a);
  progress.onTestModuleQueued(b);
  progress.onTestCaseReady({ fullName: 'keeps rows', module: b });
  expect(lines()).toEqual([
    'not ended: browser: /a.test.ts, before its first test',
    'not ended: browser: /b.test.ts, in “keeps rows”',
    'files not begun: 1',
  ]);
  progress.onTestCaseResult({ fullName: 'keeps rows', module: b });
  progress.onTestModuleEnd(a);
  // It may come late.
  progress.onTestCaseResult({ fullName: 'opens', module: a });
  expect(lines()).toEqual([
    'not ended: browser: /b.test.ts, after “keeps rows”',
    'files not begun: 1',
  ]);
  vi.unstubAllEnvs();
});
