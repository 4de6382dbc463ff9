/** What the dialog of the lock is opened for. */
export type LockTask =
  | 'setPassphrase'
  | 'setPasskey'
  | 'passphrase'
  | 'addPasskey'
  | 'removePasskey'
  | 'code'
  | 'remove';
