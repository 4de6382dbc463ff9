import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { fetchBuiltInModel } from '#inference/built-in-model.ts';

/** Address of a folder of models that a host answers as it likes. */
async function host(answer: RequestListener): Promise<URL> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return new URL(`http://127.0.0.1:${port}/models/`);
}

const failed = (code: string) => expect.objectContaining({ code }) as Error;

test('a host that answers everything with its start page has no model', async () => {
  const base = await host((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end('<!doctype html><title>onggi</title>');
  });
  await expect(fetchBuiltInModel(base)).rejects.toThrow(failed('model/damaged'));
});

test('a page without a type in the place of a JSON file is noticed too', async () => {
  const base = await host((_request, response) => response.end('<!doctype html>'));
  await expect(fetchBuiltInModel(base)).rejects.toThrow(failed('model/damaged'));
});

test('a download that is cut at 60 % can be tried again', async () => {
  const base = await host((request, response) => {
    if (!request.url?.includes('.onnx')) {
      response.end('{}');
      return;
    }
    response.writeHead(200, { 'content-length': 1000 });
    response.write(Buffer.alloc(600), () => response.destroy());
  });
  const told: [number, number | null][] = [];
  const onBytes = (done: number, total: number | null): void => void told.push([done, total]);
  await expect(fetchBuiltInModel(base, { onBytes })).rejects.toMatchObject({
    code: 'model/unreachable',
    retryable: true,
  });
  expect(told.at(-1)).toEqual([600, 1000]);
});

test('a model that is not there', async () => {
  const base = await host((_request, response) => response.writeHead(404).end());
  await expect(fetchBuiltInModel(base)).rejects.toThrow(failed('model/not-found'));
});
