import { describe, expect, test } from 'vitest';
import { createBackupReader } from '#backup/backup-client.ts';
import { createRemotePacker } from '#backup/remote-packer.ts';

/** A worker that answers whatever it is asked with what nobody knows. */
function oddWorker(): { readonly worker: Worker; readonly isTerminated: () => boolean } {
  let isTerminated = false;
  const given = {
    postMessage(_order: unknown, [port]: readonly MessagePort[]) {
      if (!port) throw new Error('no port');
      port.onmessage = () => port.postMessage({ kind: 'surprise' });
    },
    terminate() {
      isTerminated = true;
    },
  };
  return { worker: given as unknown as Worker, isTerminated: () => isTerminated };
}

describe('a message of an unknown shape', () => {
  test('ends the job of the backup worker with an error', async () => {
    const { worker, isTerminated } = oddWorker();
    const reader = createBackupReader({ createWorker: () => worker, appVersion: '0' });
    await expect(reader.verify(new Blob(['x']))).rejects.toMatchObject({
      code: 'app/worker-failed',
    });
    expect(isTerminated()).toBe(true);
  });

  test('ends the packing with an error, for whoever writes too', async () => {
    const { worker, isTerminated } = oddWorker();
    const packer = createRemotePacker(() => worker, {
      target: { kind: 'blob' },
      passphrase: undefined,
    });
    const writer = packer.writable.getWriter();
    const closed = expect(writer.closed).rejects.toMatchObject({ code: 'app/worker-failed' });
    await writer.write(new Uint8Array(1));
    await expect(packer.done).rejects.toMatchObject({ code: 'app/worker-failed' });
    await closed;
    expect(isTerminated()).toBe(true);
  });
});
