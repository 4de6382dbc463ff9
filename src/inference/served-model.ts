/** A model in a folder of the app's own origin: `models/<path>/` in the layout of transformers.js. */
import { fetchModelFile, readBytes } from './model-files.ts';
import type { OnBytes } from './model-files.ts';
import type { ModelFiles } from './transformers-embedder.ts';
import { findDataFiles, namesDataFile } from './weight-files.ts';
import { OnggiError } from '#domain/errors.ts';

const ONNX_FILES = [
  ['q8', 'onnx/model_quantized.onnx'],
  ['fp32', 'onnx/model.onnx'],
] as const;

/**
 * Fetches the weights, int8 before float, whose digest is the revision: such a folder has no version. The
 * service worker keeps what it has seen of it, so a folder that changes is a folder of another name.
 * @param base Address of the folder `models/`, with its slash.
 * @throws OnggiError `model/unreachable`, `model/not-found`, `model/damaged`.
 */
export async function fetchServedModel(
  base: URL,
  path: string,
  onBytes: OnBytes,
): Promise<ModelFiles> {
  const folder = new URL(`${path}/`, base);
  const get = async (name: string, onRead?: OnBytes): Promise<ArrayBuffer | undefined> => {
    try {
      const response = await fetchModelFile(new URL(name, folder), { cache: 'no-cache' });
      return await readBytes(response, onRead);
    } catch (error) {
      if (error instanceof OnggiError && error.code === 'model/not-found') return undefined;
      throw error;
    }
  };
  // Small, and where a folder is missing or is a page, the first to say so.
  const config = await get('config.json');
  if (!config) throw new OnggiError('model/not-found', `no config.json in models/${path}`);
  let failed: unknown = new OnggiError('model/not-found', `no weights in models/${path}`);
  for (const [dtype, name] of ONNX_FILES) {
    // Offline, a file that was never there cannot be told from one that is not kept.
    const weights = await get(name, onBytes).catch((error: unknown) => {
      failed = error;
      return undefined;
    });
    if (!weights) continue;
    const files = new Map([
      ['config.json', config],
      [name, weights],
    ]);
    const onnx = new Uint8Array(weights);
    const isNamed = (file: string): boolean =>
      namesDataFile(onnx, file.slice(file.lastIndexOf('/') + 1));
    const dataFiles = findDataFiles(name, isNamed);
    for (const file of dataFiles) {
      const data = await get(file, onBytes);
      if (!data) throw new OnggiError('model/not-found', `no ${file} in models/${path}`);
      files.set(file, data);
    }
    const digests = [name, ...dataFiles].map((file) => digest(files.get(file)));
    return {
      id: `models/${path}`,
      revision: digests.join('.'),
      dtype,
      dataFileCount: dataFiles.length,
      async read(asked) {
        const bytes = files.get(asked) ?? (await get(asked));
        return bytes && new Response(bytes);
      },
    };
  }
  throw failed;
}

/** FNV-1a of 32 bits together with the length: tells states of a file apart, and is no secret. */
function digest(buffer = new ArrayBuffer(0)): string {
  const bytes = new Uint8Array(buffer);
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.length}-${(hash >>> 0).toString(16).padStart(8, '0')}`;
}
