import type { EndpointId } from './ids.ts';
import { toEndpointId } from './ids.ts';

/** Which model the person wants vectors from. */
export type EmbedderChoice =
  /** The one that comes with the app. */
  | { readonly kind: 'built-in' }
  /** A repository of a model hub that was downloaded, at the commit that was downloaded. */
  | {
      readonly kind: 'downloaded';
      readonly repository: string;
      readonly revision: string;
      /** Whether the graphics processor runs it, by WebGPU. */
      readonly usesGpu?: boolean;
    }
  /** A folder below `models/` of the app's own origin. */
  | { readonly kind: 'folder'; readonly path: string; readonly usesGpu?: boolean }
  /** An endpoint's `/embeddings`: the only one to which text leaves the device. */
  | {
      readonly kind: 'endpoint';
      readonly endpointId: EndpointId;
      /** The address that the person agreed to send texts to. */
      readonly baseUrl: string;
      readonly model: string;
      /**
       * Whether documents of the library may be sent there too. Missing where the person agreed before they
       * were asked for: then they are not sent, and the person is asked.
       */
      readonly sendsDocuments?: boolean;
    };

export const BUILT_IN_CHOICE: EmbedderChoice = { kind: 'built-in' };

/** A repository as hubs name it, `owner/name`; the same names a folder below `models/`. */
const REPOSITORY = /^[\w.-]{1,96}\/[\w.-]{1,96}$/;

/** `owner/name` out of a name or an address of a hub's page; undefined for anything else. */
export function parseRepository(text: string): string | undefined {
  const name = text
    .trim()
    .replace(/^https?:\/\/[^/]+\//, '')
    .replace(/\/(tree|blob|resolve)\/.*$/, '')
    .replace(/\/+$/, '');
  return REPOSITORY.test(name) && !hasDotsOnly(name) ? name : undefined;
}

const hasDotsOnly = (path: string): boolean => path.split('/').some((part) => /^\.+$/.test(part));

/** A folder below `models/`: one to four names; undefined for anything else. */
export function parseModelFolder(text: string): string | undefined {
  const path = text
    .trim()
    .replace(/^\/?models\//, '')
    .replace(/^\/+|\/+$/g, '');
  return /^[\w.-]{1,96}(\/[\w.-]{1,96}){0,3}$/.test(path) && !hasDotsOnly(path) ? path : undefined;
}

/** The choice of a stored value; undefined when it is none. */
export function readEmbedderChoice(value: unknown): EmbedderChoice | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Record<string, unknown>;
  const { kind, repository, revision, path, endpointId, baseUrl, model, sendsDocuments } = fields;
  const engine = fields['usesGpu'] === true ? { usesGpu: true } : {};
  if (kind === 'built-in') return BUILT_IN_CHOICE;
  if (kind === 'downloaded' && typeof repository === 'string' && typeof revision === 'string') {
    const isName = parseRepository(repository) === repository && /^[\w.-]{1,96}$/.test(revision);
    return isName ? { kind, repository, revision, ...engine } : undefined;
  }
  if (kind === 'folder' && typeof path === 'string') {
    return parseModelFolder(path) === path ? { kind, path, ...engine } : undefined;
  }
  if (kind === 'endpoint' && typeof endpointId === 'string' && typeof model === 'string') {
    if (typeof baseUrl !== 'string') return undefined;
    const agreed = typeof sendsDocuments === 'boolean' ? { sendsDocuments } : {};
    return { kind, endpointId: toEndpointId(endpointId), baseUrl, model, ...agreed };
  }
  return undefined;
}

/**
 * The model's name as the identity of its vectors has it. Choices with the same name are the same
 * model, perhaps in another state.
 */
export function embedderIdOf(choice: EmbedderChoice): string {
  switch (choice.kind) {
    case 'built-in':
      return 'onggi/static-multilingual';
    case 'downloaded':
      return choice.repository;
    case 'folder':
      return `models/${choice.path}`;
    case 'endpoint':
      return `endpoint:${choice.endpointId}/${choice.model}@${choice.baseUrl}`;
  }
}

/** Whether documents are none of the model's business: they would leave the device without the person's word. */
export const skipsDocuments = (choice: EmbedderChoice): boolean =>
  choice.kind === 'endpoint' && choice.sendsDocuments !== true;

/** Whether the graphics processor is to run the model. */
export const usesGpu = (choice: EmbedderChoice): boolean =>
  (choice.kind === 'downloaded' || choice.kind === 'folder') && choice.usesGpu === true;

/** Whether a model, the same in both, is given the same texts and runs in the same place. */
export const isUsedAlike = (a: EmbedderChoice, b: EmbedderChoice): boolean =>
  skipsDocuments(a) === skipsDocuments(b) && usesGpu(a) === usesGpu(b);

/** Whether both name the same model in the same state. */
export function isSameChoice(a: EmbedderChoice, b: EmbedderChoice): boolean {
  const stateOf = (choice: EmbedderChoice): string =>
    choice.kind === 'downloaded' ? choice.revision : '';
  return a.kind === b.kind && embedderIdOf(a) === embedderIdOf(b) && stateOf(a) === stateOf(b);
}
