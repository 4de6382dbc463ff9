/**
 * `npm run test:kill [-- --rounds 30] [--seed 1]`: builds the app, serves it on a port of its own and
 * kills the browser again and again. Ends with 1 when anything was lost.
 */
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, preview, runnerImport } from 'vite';
import { runKillRounds } from '../support/kill-rounds.mjs';

/** @typedef {import('../support/kill-rounds.mjs').KillRound} KillRound */

const PORT = 4473;
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '30' },
    seed: { type: 'string', default: '1' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
const outDir = fileURLToPath(new URL('../../dist-kill', import.meta.url));

/** The sentence that a person reads below a cut answer. */
async function readInterruptedText() {
  /** @type {{ module: { en: Record<string, unknown> } }} */
  const { module } = await runnerImport(fileURLToPath(new URL('src/i18n/en.ts', `file://${root}`)));
  return String(module.en['error.provider/interrupted']);
}

/** One line of the table. */
function toLine(/** @type {KillRound} */ found) {
  return [
    String(found.round).padStart(5),
    found.stage.padEnd(10),
    (found.isNew ? 'new' : 'on').padEnd(4),
    (found.isAcknowledged ? 'yes' : 'no').padEnd(5),
    (found.isStored ? 'yes' : 'no').padEnd(6),
    String(found.shownWords).padStart(5),
    String(found.storedWords).padStart(6),
    `${Math.round(found.lostMs)} ms`.padStart(8),
    found.status.padEnd(11),
    found.problems.join('; '),
  ].join('  ');
}

await build({ root, logLevel: 'warn', build: { outDir, emptyOutDir: true } });
const server = await preview({
  root,
  build: { outDir },
  preview: { port: PORT, strictPort: true },
});
try {
  console.log('round  killed at   in    acked  stored  shown  stored  lost tail  answer');
  const rounds = await runKillRounds({
    appUrl: `http://localhost:${PORT}`,
    interruptedText: await readInterruptedText(),
    rounds: Number(options.rounds),
    seed: Number(options.seed),
    onRound: (found) => console.log(toLine(found)),
  });
  const acknowledged = rounds.filter(({ isAcknowledged }) => isAcknowledged).length;
  const bad = rounds.filter(({ problems }) => problems.length > 0);
  const tail = Math.max(...rounds.map(({ lostMs }) => lostMs));
  console.log(
    `\n${rounds.length} kills, ${acknowledged} messages acknowledged before the kill, ` +
      `${bad.length} rounds with a loss, largest tail lost ${Math.round(tail)} ms.`,
  );
  if (bad.length > 0) process.exitCode = 1;
} finally {
  await server.close();
  rmSync(outDir, { recursive: true, force: true });
}
