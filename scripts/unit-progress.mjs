/**
 * A reporter for Vitest: keeps in a file which test files have begun and not ended, so that
 * `scripts/test.mjs` can say where a run hangs. Nothing inside Vitest notices a page that answers no more.
 */
import { writeFileSync } from 'node:fs';

/** Environment variable with the path of the file that is written. */
export const PROGRESS_FILE = 'ONGGI_UNIT_PROGRESS';

/**
 * @typedef {{ moduleId: string, project: { name: string } }} TestFile
 * @typedef {{ fullName: string, module: TestFile }} TestCase
 */

const keyOf = (/** @type {TestFile} */ { project, moduleId }) => `${project.name}: ${moduleId}`;

/** Writes a line for each file that runs, with the test that runs in it, and how many are to come. */
export default class UnitProgress {
  /** @type {Set<string>} */
  #waiting = new Set();
  /** The test that runs, by file. @type {Map<string, string>} */
  #running = new Map();

  onTestRunStart(/** @type {readonly TestFile[]} */ files) {
    this.#waiting = new Set(files.map(keyOf));
    this.#write();
  }

  onTestModuleQueued(/** @type {TestFile} */ file) {
    this.#waiting.delete(keyOf(file));
    this.#running.set(keyOf(file), 'before its first test');
    this.#write();
  }

  onTestCaseReady(/** @type {TestCase} */ { fullName, module }) {
    this.#stand(module, `in “${fullName}”`);
  }

  onTestCaseResult(/** @type {TestCase} */ { fullName, module }) {
    this.#stand(module, `after “${fullName}”`);
  }

  onTestModuleEnd(/** @type {TestFile} */ file) {
    this.#waiting.delete(keyOf(file));
    this.#running.delete(keyOf(file));
    this.#write();
  }

  #stand(/** @type {TestFile} */ file, /** @type {string} */ where) {
    // The last result of a file may come after its end.
    if (!this.#running.has(keyOf(file))) return;
    this.#running.set(keyOf(file), where);
    this.#write();
  }

  #write() {
    const file = process.env[PROGRESS_FILE];
    if (!file) return;
    const lines = [...this.#running].map(([key, where]) => `not ended: ${key}, ${where}`);
    writeFileSync(file, [...lines, `files not begun: ${this.#waiting.size}`].join('\n'));
  }
}
