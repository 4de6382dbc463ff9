/**
 * What wants a closed database open again: a person who says so, the page that tries it now and then by itself,
 * a write, or what a screen shows.
 */
export type ReopenCause = 'person' | 'itself' | 'write' | 'read';
