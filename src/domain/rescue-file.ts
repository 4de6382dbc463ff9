/** What `format` says in a file of the rescue screen. */
export const RESCUE_FORMAT = 'onggi-rescue';
