/**
 * Vite plugin: `import kernel from './scan.as.ts?kernel'` gives the WebAssembly of an AssemblyScript
 * source as bytes. They are a kilobyte or two and go into the script that imports them: no request,
 * nothing to cache, nothing that can be missing offline.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SUFFIX = '.as.ts?kernel';

const root = fileURLToPath(new URL('..', import.meta.url));
/** Kept compilations: starting the compiler takes seconds, and every build, test and bench asks. */
const KEPT = join(root, 'node_modules/.cache/onggi-kernel');

/** Exactly what the compiler is asked for; memory is exported, empty and without a heap. */
const OPTIONS = [
  '--outFile',
  'kernel.wasm',
  '--optimizeLevel',
  '3',
  '--shrinkLevel',
  '0',
  '--converge',
  '--noAssert',
  '--runtime',
  'stub',
  '--enable',
  'simd',
  // Only where a source uses it: it is a module of its own, which a browser may refuse.
  '--enable',
  'relaxed-simd',
  '--use',
  'abort=',
];

/**
 * A source and those beside it that it takes something from, by name.
 * @returns {Promise<Map<string, string>>}
 */
async function readSources(/** @type {string} */ file) {
  const sources = new Map([[basename(file), await readFile(file, 'utf8')]]);
  for (const [, name] of sources.get(basename(file))?.matchAll(/ from '\.\/(.+)';/g) ?? []) {
    sources.set(`${name}.ts`, await readFile(join(dirname(file), `${name}.ts`), 'utf8'));
  }
  return sources;
}

/** The module of one source: kept from an earlier run of the same compiler, or compiled now. */
async function kernelOf(/** @type {string} */ file) {
  const sources = await readSources(file);
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  const { version } = lock.packages['node_modules/assemblyscript'];
  const hash = createHash('sha256');
  const key = hash.update(JSON.stringify([version, OPTIONS, [...sources]])).digest('hex');
  const kept = join(KEPT, `${key}.wasm`);
  try {
    return await readFile(kept);
  } catch {
    const wasm = await compileKernel(basename(file), sources);
    await mkdir(KEPT, { recursive: true });
    // Written aside first: another run may read at the same time, or another build of this one write.
    const aside = `${kept}.${randomUUID()}`;
    await writeFile(aside, wasm);
    await rename(aside, kept);
    return wasm;
  }
}

/** @returns {Promise<Uint8Array>} */
async function compileKernel(
  /** @type {string} */ name,
  /** @type {Map<string, string>} */ sources,
) {
  // Not by a name that the type check follows: its types declare globals of another language, in which
  // `[].at(-1)` is never undefined, and would loosen every other check of this program.
  const compiler = 'assemblyscript/asc';
  /** @type {{ default: { main: (args: string[], io: object) => Promise<{ error: Error | null }> } }} */
  const { default: asc } = await import(compiler);
  /** @type {Uint8Array | undefined} */
  let wasm;
  /** @type {string[]} */
  const said = [];
  const { error } = await asc.main([name, ...OPTIONS], {
    stderr: { write: (/** @type {string | Uint8Array} */ text) => said.push(String(text)) },
    readFile: (/** @type {string} */ asked) => sources.get(asked) ?? null,
    writeFile: (/** @type {string} */ _name, /** @type {Uint8Array | string} */ contents) => {
      if (typeof contents !== 'string') wasm = contents;
    },
    listFiles: () => [],
  });
  if (error || !wasm) throw new Error(`${name}: ${said.join('') || String(error)}`);
  return wasm;
}

/** @returns {import('vite').Plugin} */
export function kernelPlugin() {
  /** One compilation a file, however many workers and pages ask for it. @type {Map<string, Promise<Uint8Array>>} */
  const compiled = new Map();
  return {
    name: 'onggi-kernel',
    enforce: 'pre',
    async load(/** @type {string} */ id) {
      if (!id.endsWith(SUFFIX)) return null;
      const file = id.slice(0, -'?kernel'.length);
      this.addWatchFile(file);
      const pending = compiled.get(file) ?? kernelOf(file);
      compiled.set(file, pending);
      const base64 = Buffer.from(await pending).toString('base64');
      return {
        code: `export default Uint8Array.from(atob(${JSON.stringify(base64)}), (c) => c.charCodeAt(0));`,
        map: null,
        moduleType: 'js',
      };
    },
    watchChange(/** @type {string} */ id) {
      compiled.delete(id);
    },
  };
}
