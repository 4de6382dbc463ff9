/** What there is to know of embedding models that can be downloaded. */

/** One file of a model as its hub lists it. */
export interface ModelFile {
  /** Its path in the repository. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Hexadecimal; undefined for small files, of which hubs tell none. */
  readonly sha256?: string;
}

/** A model that a hub has, before anything of it is downloaded. */
export interface ModelPlan {
  /** `owner/name` */
  readonly repository: string;
  /** The commit, so that every file is of one state. */
  readonly revision: string;
  /** Address of the hub, without a slash at its end. */
  readonly hub: string;
  readonly dtype: 'q8' | 'fp32';
  /** As the hub names it; undefined where it does not. */
  readonly license?: string;
  readonly files: readonly ModelFile[];
}

/** A model of which something is on this device. */
export interface ModelDownload {
  readonly plan: ModelPlan;
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Whether every byte is here and was found to be what the hub named. */
  readonly isComplete: boolean;
}

/** Where models come from unless the person names another place. */
export const DEFAULT_HUB = 'https://huggingface.co';

/** Models that onggi offers by name. Sizes are those of the files that are fetched, about. */
export const OFFERED_MODELS = [
  { repository: 'Xenova/multilingual-e5-small', aboutBytes: 135_000_000 },
  { repository: 'Xenova/all-MiniLM-L6-v2', aboutBytes: 24_000_000 },
] as const;

export const sizeOf = ({ files }: Pick<ModelPlan, 'files'>): number =>
  files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
