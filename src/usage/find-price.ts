import { isLocalUrl } from '#domain/endpoint.ts';
import type { Endpoint } from '#domain/endpoint.ts';
import { PRESET_IDS, presetOfBaseUrl } from '#domain/endpoint-presets.ts';
import type { PresetId } from '#domain/endpoint-presets.ts';
import { isFileObject } from '#domain/file-object.ts';
import { isUsd } from '#domain/prices.ts';
import type { OwnPrice, PriceSettings } from '#domain/prices.ts';
import type { Price } from './price.ts';
import table from './prices.json' with { type: 'json' };

/** One line of the table that comes with onggi, for reading. */
export interface BuiltInPrice {
  readonly preset: PresetId;
  readonly names: readonly string[];
  readonly input: number;
  readonly output: number;
  readonly upToPromptTokens?: number;
}

/** The table that comes with onggi: its date, where it is from, and its lines. */
export interface BuiltInPrices {
  readonly asOf: string;
  readonly source: string;
  readonly models: readonly BuiltInPrice[];
}

export const BUILT_IN_PRICES: BuiltInPrices = {
  asOf: table.asOf,
  source: table.source,
  models: readPriceLines(table.models),
};

/**
 * The lines of a table of prices, which somebody edits by hand. One with a negative, missing or unreadable
 * figure is left out, so that its models are unknown and neither free nor a gain, and so is one of a
 * provider that onggi does not know.
 */
export function readPriceLines(lines: readonly unknown[]): readonly BuiltInPrice[] {
  return lines.flatMap((line) => {
    if (!isFileObject(line)) return [];
    const { names, input, output, upToPromptTokens } = line;
    const preset = PRESET_IDS.find((id) => id === line['preset']);
    if (!preset || !isUsd(input) || !isUsd(output)) return [];
    if (!Array.isArray(names) || !names.every((name) => typeof name === 'string')) return [];
    if (upToPromptTokens === undefined) return [{ preset, names, input, output }];
    const isLength = Number.isSafeInteger(upToPromptTokens) && Number(upToPromptTokens) > 0;
    return isLength
      ? [{ preset, names, input, output, upToPromptTokens: Number(upToPromptTokens) }]
      : [];
  });
}

/**
 * The price of a model at an endpoint; undefined when nobody knows it. The person's own prices come
 * first, those for this endpoint before those for all; then "this computer costs nothing"; then the
 * table, for hosted endpoints of a known provider only, and only at its own address: what a proxy takes
 * nobody knows. Exact names come before `begins with*`, and of those the longest wins.
 */
export function findPrice(
  chatModel: string,
  endpoint: Pick<Endpoint, 'id' | 'presetId' | 'baseUrl'>,
  settings: PriceSettings,
): Price | undefined {
  const here = settings.own.filter(({ endpointId }) => endpointId === endpoint.id);
  const everywhere = settings.own.filter(({ endpointId }) => endpointId === null);
  const own = matchName(chatModel, here, ownName) ?? matchName(chatModel, everywhere, ownName);
  if (own) {
    const { inputUsd, outputUsd } = own;
    return { inputUsd, outputUsd, upToPromptTokens: null, source: 'own' };
  }
  if (isLocalUrl(endpoint.baseUrl)) {
    if (!settings.isLocalFree) return undefined;
    return { inputUsd: 0, outputUsd: 0, upToPromptTokens: null, source: 'local' };
  }
  if (presetOfBaseUrl(endpoint.baseUrl).id !== endpoint.presetId) return undefined;
  const lines = BUILT_IN_PRICES.models.filter(({ preset }) => preset === endpoint.presetId);
  // Gemini's list of models writes `models/` before every name.
  const line = matchName(chatModel.replace(/^models\//, ''), lines, ({ names }) => names);
  return (
    line && {
      inputUsd: line.input,
      outputUsd: line.output,
      upToPromptTokens: line.upToPromptTokens ?? null,
      source: `table ${BUILT_IN_PRICES.asOf}`,
    }
  );
}

/**
 * The name under which a model stands in the table that comes with onggi, whoever offers it; undefined
 * where it does not. Of a name that only begins like one of the table, that beginning with `*`.
 */
export function findKnownName(chatModel: string): string | undefined {
  // Those who pass on the models of others write whose it is before the name.
  const plain = chatModel.toLowerCase().replace(/^.*\//, '');
  const names = BUILT_IN_PRICES.models.flatMap((line) => line.names);
  for (const name of [chatModel.toLowerCase(), plain]) {
    const line = matchName(name, names, (known) => [known]);
    if (line !== undefined) return line;
  }
  return undefined;
}

const ownName = ({ model }: OwnPrice): readonly string[] => [model];

function matchName<Line>(
  chatModel: string,
  lines: readonly Line[],
  namesOf: (line: Line) => readonly string[],
): Line | undefined {
  let best: { line: Line; length: number } | undefined;
  for (const line of lines) {
    for (const name of namesOf(line)) {
      if (name === chatModel) return line;
      const start = name.endsWith('*') ? name.slice(0, -1) : undefined;
      if (start === undefined || !chatModel.startsWith(start)) continue;
      if (!best || start.length > best.length) best = { line, length: start.length };
    }
  }
  return best?.line;
}
