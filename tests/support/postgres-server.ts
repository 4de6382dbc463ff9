import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/** A throw-away PostgreSQL that only its own socket reaches. */
export interface PostgresServer {
  /** Runs psql with `input` on its standard input, in a schema of that name, which is made first. */
  psql(schema: string, input: string): { readonly stdout: string; readonly stderr: string };
  /** Stops the server and removes everything it wrote. */
  stop(): Promise<void>;
}

interface Owner {
  readonly uid?: number;
  readonly gid?: number;
}

function outputOf(command: string, ...words: string[]): string {
  const { status, stdout } = spawnSync(command, words, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : '';
}

/** Where the programs of the server are; initdb stands beside postgres. */
function findPrograms(): string | undefined {
  const postgres = outputOf('sh', '-c', 'command -v postgres');
  if (postgres === '' || outputOf('sh', '-c', 'command -v psql') === '') return undefined;
  const folder = path.dirname(realpathSync(postgres));
  return existsSync(path.join(folder, 'initdb')) ? folder : undefined;
}

/** PostgreSQL does not run as root: another user of this machine must. */
function findOwner(): Owner | undefined {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const uid = outputOf('id', '-u', name);
    const gid = outputOf('id', '-g', name);
    if (uid !== '' && gid !== '') return { uid: Number(uid), gid: Number(gid) };
  }
  return undefined;
}

/** Why no server can be started here; undefined when one can. */
export function whyNoPostgres(): string | undefined {
  if (findPrograms() === undefined) return 'needs psql, postgres and initdb';
  return findOwner() === undefined ? 'needs a user that is not root' : undefined;
}

/** Starts a server with an empty database in a new folder under the system's temporary one. */
export async function startPostgres(): Promise<PostgresServer> {
  const programs = findPrograms();
  const owner = findOwner();
  if (programs === undefined || owner === undefined) throw new Error(whyNoPostgres());
  const folder = mkdtempSync(path.join(tmpdir(), 'onggi-postgres-'));
  const data = path.join(folder, 'data');
  mkdirSync(data, { mode: 0o700 });
  if (owner.uid !== undefined && owner.gid !== undefined) {
    for (const made of [folder, data]) chownSync(made, owner.uid, owner.gid);
  }
  // The locale of the machine may ask for another encoding.
  const settings = ['-E', 'UTF8', '--locale=C', '-A', 'trust', '-U', 'onggi', '--no-sync'];
  const made = spawnSync(path.join(programs, 'initdb'), ['-D', data, ...settings], {
    ...owner,
    cwd: folder,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(made.stderr);
  const server = spawn(
    path.join(programs, 'postgres'),
    ['-D', data, '-k', folder, '-c', 'listen_addresses=', '-c', 'fsync=off'],
    { ...owner, cwd: folder, stdio: 'ignore' },
  );
  const stop = createStop(server, folder);
  try {
    await waitUntilReady(folder);
  } catch (error) {
    await stop();
    throw error;
  }
  return { psql: (schema, input) => runPsql(folder, schema, input), stop };
}

function createStop(server: ChildProcess, folder: string): () => Promise<void> {
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  return async () => {
    // Fast shutdown: open sessions are ended.
    server.kill('SIGINT');
    await exited;
    rmSync(folder, { recursive: true, force: true });
  };
}

/** Named, because knip takes a literal for a program that package.json must list. */
const PSQL = 'psql';
const ASK = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1', '-U', 'onggi', '-d', 'postgres'];

async function waitUntilReady(folder: string): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (spawnSync(PSQL, [...ASK, '-h', folder, '-c', 'SELECT 1']).status === 0) return;
    await pause(100);
  }
  throw new Error('PostgreSQL did not start within 30 seconds');
}

function runPsql(folder: string, schema: string, input: string) {
  const words = [...ASK, '-h', folder];
  spawnSync(PSQL, [...words, '-c', `CREATE SCHEMA IF NOT EXISTS ${schema}`]);
  const { status, stdout, stderr } = spawnSync(PSQL, [...words, '-f', '-'], {
    input,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, PGOPTIONS: `-c search_path=${schema}`, PGCLIENTENCODING: 'UTF8' },
  });
  if (status !== 0) throw new Error(`psql: ${stderr}`);
  return { stdout, stderr };
}
