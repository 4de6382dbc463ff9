/** What the person said about finding by meaning. */
export interface MeaningSettings {
  /** The person stopped the indexing; what is indexed is found all the same. */
  readonly isPaused: boolean;
  /** Whether the composer says that something like it was asked before. */
  readonly isHintShown: boolean;
}

export const DEFAULT_MEANING_SETTINGS: MeaningSettings = { isPaused: false, isHintShown: true };

/** The settings of a stored value; what is missing or of another shape takes its default. */
export function readMeaningSettings(value: unknown): MeaningSettings {
  const fields = typeof value === 'object' && value !== null ? value : {};
  const flag = (name: keyof MeaningSettings): boolean => {
    const stored = (fields as Record<string, unknown>)[name];
    return typeof stored === 'boolean' ? stored : DEFAULT_MEANING_SETTINGS[name];
  };
  return { isPaused: flag('isPaused'), isHintShown: flag('isHintShown') };
}
