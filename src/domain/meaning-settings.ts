/** What the person said about finding by meaning. */
export interface MeaningSettings {
  /** The person stopped the indexing; what is indexed is found all the same. */
  readonly isPaused: boolean;
  /** Whether the composer says that something like it was asked before. */
  readonly isHintShown: boolean;
  /**
   * Which model is wanted; missing for the built-in one. As it is stored: `readEmbedderChoice` is for
   * those who need it, which the first view does not.
   */
  readonly embedder?: unknown;
  /** The model before it, whose vectors are searched until the wanted one has them all; as it is stored. */
  readonly formerEmbedder?: unknown;
}

export const DEFAULT_MEANING_SETTINGS: MeaningSettings = { isPaused: false, isHintShown: true };

/** The settings of a stored value; what is missing or of another shape takes its default. */
export function readMeaningSettings(value: unknown): MeaningSettings {
  const fields: Record<string, unknown> =
    typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const flag = (name: 'isPaused' | 'isHintShown'): boolean => {
    const stored = fields[name];
    return typeof stored === 'boolean' ? stored : DEFAULT_MEANING_SETTINGS[name];
  };
  const { embedder, formerEmbedder } = fields;
  return {
    isPaused: flag('isPaused'),
    isHintShown: flag('isHintShown'),
    embedder,
    formerEmbedder,
  };
}
