import { expect, test } from 'vitest';
import {
  embedderIdOf,
  isSameChoice,
  isUsedAlike,
  parseModelFolder,
  parseRepository,
  readEmbedderChoice,
  skipsDocuments,
  usesGpu,
} from '#domain/embedder-choice.ts';
import type { EmbedderChoice } from '#domain/embedder-choice.ts';
import { toEndpointId } from '#domain/ids.ts';

const CHOICES: readonly EmbedderChoice[] = [
  { kind: 'built-in' },
  { kind: 'downloaded', repository: 'Xenova/multilingual-e5-small', revision: 'abc123' },
  { kind: 'folder', path: 'tf/use-lite' },
  {
    kind: 'endpoint',
    endpointId: toEndpointId('e1'),
    baseUrl: 'https://api.example.com/v1',
    model: 'text-embedding-3-small',
  },
];

test('a stored choice is read as it was written', () => {
  for (const choice of CHOICES) {
    expect(readEmbedderChoice(JSON.parse(JSON.stringify(choice)))).toEqual(choice);
  }
});

test.each([
  null,
  'built-in',
  {},
  { kind: 'other' },
  { kind: 'downloaded', repository: '../../x', revision: 'abc' },
  { kind: 'downloaded', repository: 'a/b', revision: 'a/b' },
  { kind: 'folder', path: '../secret' },
  { kind: 'folder', path: 'https://elsewhere.example' },
  // An address that nobody agreed to.
  { kind: 'endpoint', endpointId: 'e1', model: 'm' },
])('%o is no choice', (value) => {
  expect(readEmbedderChoice(value)).toBeUndefined();
});

test('models in different states and at different addresses are different', () => {
  const [, downloaded, , endpoint] = CHOICES;
  if (downloaded?.kind !== 'downloaded' || endpoint?.kind !== 'endpoint') throw new Error('order');
  expect(isSameChoice(downloaded, { ...downloaded, revision: 'def456' })).toBe(false);
  expect(isSameChoice(endpoint, { ...endpoint, baseUrl: 'https://other.example' })).toBe(false);
  expect(isSameChoice(endpoint, { ...endpoint })).toBe(true);
  expect(new Set(CHOICES.map(embedderIdOf)).size).toBe(CHOICES.length);
});

test('documents are sent to an endpoint only after the person was asked about them', () => {
  const earlier = { kind: 'endpoint', endpointId: 'e1', baseUrl: 'https://e.example', model: 'm' };
  const choices = [
    {},
    { sendsDocuments: false },
    { sendsDocuments: true },
    { sendsDocuments: 'yes' },
  ];
  const read = choices.map((more) => readEmbedderChoice({ ...earlier, ...more }));
  expect(read.map((each) => each && skipsDocuments(each))).toEqual([true, true, false, true]);
  expect(read[0]).toEqual(earlier);
  // It is the same model all the same.
  expect(read[0] && read[2] && isSameChoice(read[0], read[2])).toBe(true);
  expect(skipsDocuments({ kind: 'built-in' })).toBe(false);
});

test.each([
  ['Xenova/all-MiniLM-L6-v2', 'Xenova/all-MiniLM-L6-v2'],
  [' https://huggingface.co/Xenova/bge-small/tree/main ', 'Xenova/bge-small'],
  ['https://huggingface.co/a/b/', 'a/b'],
  ['only-a-name', undefined],
  ['a/b/c', undefined],
  ['a/..', undefined],
  ['a b/c', undefined],
])('the repository in %s is %s', (given, repository) => {
  expect(parseRepository(given)).toBe(repository);
});

test.each([
  ['models/my-model', 'my-model'],
  ['/models/a/b/', 'a/b'],
  ['..', undefined],
  ['a/../b', undefined],
  ['', undefined],
])('the folder in %s is %s', (given, path) => {
  expect(parseModelFolder(given)).toBe(path);
});

test('what runs a model changes nothing about which it is', () => {
  const folder = { kind: 'folder', path: 'a/b' } as const;
  const onGpu = { ...folder, usesGpu: true };
  expect([usesGpu(folder), usesGpu(onGpu)]).toEqual([false, true]);
  expect([isSameChoice(folder, onGpu), isUsedAlike(folder, onGpu)]).toEqual([true, false]);
  expect(readEmbedderChoice(onGpu)).toEqual(onGpu);
  expect(readEmbedderChoice({ ...folder, usesGpu: 'yes' })).toEqual(folder);
  // The built-in one is no business of a graphics processor.
  expect(readEmbedderChoice({ kind: 'built-in', usesGpu: true })).toEqual({ kind: 'built-in' });
});
