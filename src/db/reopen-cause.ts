/** What wants a closed database open again: a person who says so, a write, or what a screen shows. */
export type ReopenCause = 'person' | 'write' | 'read';
