/**
 * The portability worker as it is when its page is closed in the middle: it ends with the transaction of
 * the import whose number its name says.
 */
import './portability-test.worker.ts';

let left = Number(self.name);

const { transaction } = Object.getOwnPropertyDescriptors(IDBDatabase.prototype);

IDBDatabase.prototype.transaction = function begin(
  ...given: Parameters<IDBDatabase['transaction']>
): IDBTransaction {
  const begun = transaction.value?.apply(this, given);
  if (!begun) throw new Error('no transaction');
  const stores = [...begun.objectStoreNames];
  // Its own row alone, when it begins and ends, is no step of the work.
  if (begun.mode === 'readwrite' && stores.length > 1 && stores.includes('imports')) {
    begun.addEventListener('complete', () => {
      left -= 1;
      if (left <= 0) close();
    });
  }
  return begun;
};
