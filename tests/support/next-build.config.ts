import { mergeConfig } from 'vite';
import type { Plugin } from 'vite';
import appConfig from '../../vite.config.ts';

/**
 * The app as a later release would be: the same source with one more step of the schema. For tests
 * of two builds in two tabs; nothing of it is in the shipped code.
 */
function laterSchema(): Plugin {
  return {
    name: 'onggi-later-schema',
    enforce: 'pre',
    transform(code, id) {
      if (!id.endsWith('/src/db/schema-steps.ts')) return undefined;
      const first = code.replace('export const SCHEMA_STEPS', 'const FIRST_STEPS');
      return `${first}
export const SCHEMA_STEPS = [...FIRST_STEPS, {
  version: FIRST_STEPS.length + 1,
  description: 'Later',
  stores: { laterTable: 'id' },
  upgrade: (tx) =>
    tx.table('conversations').toCollection().modify((row) => { row.later = true; }),
}];`;
    },
  };
}

export default mergeConfig(appConfig, { plugins: [laterSchema()] });
