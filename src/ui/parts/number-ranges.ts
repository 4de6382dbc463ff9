import { clampMaxTokens, clampTemperature } from '#domain/user-settings.ts';

/** How a field for the temperature, and one for the longest answer (tokens), takes numbers. */
export const TEMPERATURE = { min: 0, max: 2, step: 0.1, clamp: clampTemperature };
export const MAX_TOKENS = { min: 1, max: 1_000_000, step: 100, clamp: clampMaxTokens };
