/** The Python of the specification, taken out of the document and run, where both are here. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const DOCUMENT = new URL('../../../shared/spec/data-model.ko.md', import.meta.url);

/** The classes that need nothing but Python's own library, in the document's order. */
const CLASSES = [
  'Session',
  'Message',
  'Conversation',
  'UserSettings',
  'BackupManager',
  'DataPortability',
];

/**
 * The classes of the specification that keep and move data, as one program text: models, backup,
 * export and import. Undefined when the document is not beside the repository.
 */
export function extractSeedPython(): string | undefined {
  if (!existsSync(DOCUMENT)) return undefined;
  const document = readFileSync(DOCUMENT, 'utf8');
  const blocks = [...document.matchAll(/^```python\n([\s\S]*?)^```$/gm)].map(
    ([, code = '']) => code,
  );
  const wanted = blocks.filter((code) =>
    CLASSES.some((name) => new RegExp(`^class ${name}\\b`, 'm').test(code)),
  );
  // What the document leaves to be imported elsewhere.
  return ['import asyncio, gzip, json, os, sys', ...wanted].join('\n');
}

/** Whether python3 can be started. */
export function hasPython(): boolean {
  return spawnSync('python3', ['--version']).status === 0;
}

/**
 * Runs the specification's classes and then `program`, with `input` as standard input in UTF-8.
 * @returns what it printed. Throws with its errors when it fails.
 */
export function runSeedPython(program: string, input: string): string {
  const code = extractSeedPython();
  if (code === undefined) throw new Error('the specification is not here');
  const { status, stdout, stderr } = spawnSync('python3', ['-c', `${code}\n${program}`], {
    input,
    encoding: 'utf8',
    env: { ...process.env, PYTHONIOENCODING: 'utf-8:surrogatepass', PYTHONUTF8: '1' },
    maxBuffer: 256 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(stderr);
  return stdout;
}
