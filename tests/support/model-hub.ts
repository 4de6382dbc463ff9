/**
 * A model hub as huggingface.co is one, on this machine: descriptions, files with ranges, and what goes
 * wrong with them, chosen by the owner's name in `owner/name`. Names are free, so that every test has its
 * own. Below `/models/` it serves folders of models as a host of the app would: `tiny`, and what is in
 * `../shared/models`, if that is there.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { createSplitModel, createTinyModel } from './tiny-model.ts';

export const SHARED_MODELS = path.resolve(import.meta.dirname, '../../../shared/models');

export interface ModelHub {
  /** Address without a slash at its end. */
  readonly origin: string;
  /** Paths that were asked for, with their ranges: `GET /a/b bytes=4-`. */
  log(): readonly string[];
  close(): Promise<void>;
}

/**
 * What an owner's repositories are like:
 * - `tiny`: as they should be; `big` with a file of 9 MB;
 * - `cut`: like `big`, and the first answer of that file breaks off at 60 %;
 * - `whole`: like `cut`, and ranges are ignored;
 * - `slow`: like `big`, and after 60 % of that file nothing comes until the hub is closed;
 * - `split`: weights in a file beside the model;
 * - `altered`: the weights are not those the description names;
 * - `page`: everything is answered with a web page;
 * - `writer`: a model that writes text; `bare`: without ONNX files; everything else does not exist.
 */
const OWNERS = [
  'tiny',
  'big',
  'cut',
  'whole',
  'slow',
  'split',
  'altered',
  'page',
  'writer',
  'bare',
] as const;
type Owner = (typeof OWNERS)[number];

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const PADDED = 'tokenizer.json';
const PADDING = 9_000_000;
const PAGE = '<!doctype html><title>A page</title>';

const tiny = createTinyModel();
/** Folders of models that are made here. */
const SERVED: Readonly<Record<string, ReadonlyMap<string, Uint8Array>>> = {
  tiny,
  guesser: createTinyModel('logits'),
  split: createSplitModel(),
  torn: new Map([...createSplitModel()].filter(([name]) => !name.endsWith('_data'))),
};

function filesOf(owner: Owner): ReadonlyMap<string, Uint8Array> {
  if (owner === 'bare') return new Map([...tiny].filter(([name]) => !name.startsWith('onnx/')));
  if (owner === 'split') return createSplitModel();
  if (!['big', 'cut', 'whole', 'slow'].includes(owner)) return tiny;
  const files = new Map(tiny);
  const padded = new Uint8Array(PADDING).fill(0x20);
  padded.set(tiny.get(PADDED) ?? new Uint8Array());
  files.set(PADDED, padded);
  return files;
}

function describe(owner: Owner, name: string): unknown {
  const siblings = [...filesOf(owner)].map(([rfilename, bytes]) => ({
    rfilename,
    size: bytes.length,
    ...(/onnx(_data)?$|^tokenizer\.json$/.test(rfilename) && {
      lfs: { sha256: createHash('sha256').update(bytes).digest('hex'), size: bytes.length },
    }),
  }));
  return {
    id: `${owner}/${name}`,
    sha: COMMIT,
    pipeline_tag: owner === 'writer' ? 'text-generation' : 'feature-extraction',
    cardData: { license: 'cc0-1.0' },
    siblings: [{ rfilename: 'README.md', size: 12 }, ...siblings],
  };
}

/** @param port 0 takes any free one. */
export async function startModelHub(port = 0): Promise<ModelHub> {
  const seen: string[] = [];
  const asked = new Set<string>();

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url ?? '/', 'http://hub');
    const { range } = request.headers;
    seen.push(`${request.method ?? ''} ${pathname}${range ? ` ${range}` : ''}`);
    response.setHeader('access-control-allow-origin', '*');
    response.setHeader('access-control-allow-headers', 'range');
    if (request.method === 'OPTIONS') response.end();
    else if (pathname.startsWith('/models/')) sendServed(response, pathname.slice(8));
    else sendOfHub(response, pathname, range);
  }

  function sendOfHub(response: ServerResponse, pathname: string, range?: string): void {
    const [, api, owner = '', name = '', file] =
      /^\/(api\/models\/)?([\w.-]+)\/([\w.-]+)(?:\/resolve\/\w+\/(.+))?$/.exec(pathname) ?? [];
    if (!isOwner(owner) || (api === undefined) !== (file !== undefined)) {
      send(response, 401, 'application/json', '{"error":"Invalid username or password."}');
    } else if (owner === 'page') send(response, 200, 'text/html; charset=utf-8', PAGE);
    else if (file === undefined) {
      send(response, 200, 'application/json', JSON.stringify(describe(owner, name)));
    } else sendFile(response, owner, pathname, file, range);
  }

  function sendFile(
    response: ServerResponse,
    owner: Owner,
    pathname: string,
    file: string,
    range?: string,
  ): void {
    const whole = filesOf(owner).get(file);
    if (!whole) {
      send(response, 404, 'text/plain', 'Entry not found');
      return;
    }
    const isFirst = !asked.has(pathname);
    asked.add(pathname);
    const bytes =
      owner === 'altered' && file.endsWith('.onnx') ? Uint8Array.from(whole, (b) => b ^ 1) : whole;
    const from = owner === 'whole' ? 0 : Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    const rest = bytes.subarray(from);
    response.writeHead(from > 0 ? 206 : 200, {
      'content-type': 'application/octet-stream',
      'content-length': rest.length,
    });
    const mustBreak = isFirst && file === PADDED && ['cut', 'whole', 'slow'].includes(owner);
    if (!mustBreak) return void response.end(rest);
    response.write(rest.subarray(0, Math.floor(rest.length * 0.6)), () => {
      // The browser is to have what was sent before it is cut.
      if (owner !== 'slow') setTimeout(() => response.destroy(), 200);
    });
  }

  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: taken } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${taken}`,
    log: () => [...seen],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

const isOwner = (text: string): text is Owner => OWNERS.some((owner) => owner === text);

function send(response: ServerResponse, status: number, type: string, body: string | Uint8Array) {
  response.writeHead(status, { 'content-type': type });
  response.end(body);
}

/** A folder of models as the app's own host would serve it. `page/` answers with a page. */
function sendServed(response: ServerResponse, file: string): void {
  const [first, ...rest] = file.split('/');
  if (first === 'page') {
    send(response, 200, 'text/html', PAGE);
    return;
  }
  const made = SERVED[first ?? '']?.get(rest.join('/'));
  if (made) {
    send(response, 200, 'application/octet-stream', made);
    return;
  }
  const shared = path.join(SHARED_MODELS, file);
  const isThere =
    shared.startsWith(SHARED_MODELS) && existsSync(shared) && statSync(shared).isFile();
  if (!isThere) {
    send(response, 404, 'text/plain', 'not found');
    return;
  }
  send(response, 200, 'application/octet-stream', readFileSync(shared));
}
