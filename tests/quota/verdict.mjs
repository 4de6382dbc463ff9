/**
 * What Playwright's reporter `json` says of a suite, as far as it is read here.
 * @typedef {{ type: string, description?: string }} Annotation
 * @typedef {{ title: string, ok: boolean, tests: { annotations: Annotation[] }[] }} Spec
 * @typedef {{ specs?: Spec[], suites?: Suite[] }} Suite
 */

/** What is promised (SECURITY 10, P4). */
const TOLD_WITHIN_MS = 2000;

/** @returns {Spec[]} */
const specsOf = (/** @type {Suite} */ { specs = [], suites = [] }) => [
  ...specs,
  ...suites.flatMap(specsOf),
];

/**
 * Whether every write site was told in time: not where a test failed, nothing was timed, or a time is missing.
 * @param {Suite} report
 */
export function judge(report) {
  const specs = specsOf(report);
  const sites = specs
    .flatMap(({ tests }) => tests.flatMap(({ annotations }) => annotations))
    .filter(({ type }) => type.startsWith('told: '))
    .map(({ type, description = '' }) => {
      const ms = Number.parseInt(description);
      // What was not timed counts as the slowest.
      return {
        name: type.slice(6),
        ms: Number.isNaN(ms) ? Infinity : ms,
        note: description.replace(/^\d+ ms/, ''),
      };
    })
    .sort((a, b) => b.ms - a.ms);
  const failed = specs.filter(({ ok }) => !ok).map(({ title }) => title);
  const slowest = sites[0]?.ms ?? Infinity;
  return { sites, failed, slowest, isKept: failed.length === 0 && slowest <= TOLD_WITHIN_MS };
}
