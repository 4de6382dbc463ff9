/** What stands between a label and what follows it in a line: a full-width colon brings its own room. */
export const gapAfter = (label: string): string => (label.endsWith('：') ? '' : ' ');
